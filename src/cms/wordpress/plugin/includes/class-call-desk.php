<?php
/**
 * Places and ends calls, and settles what they used.
 *
 * Nothing monitors a call here: PHP runs only during requests. A call ends when its page hangs up, at its limit by the scheduled event or
 * by the next request to this plug-in, or when the voice service ends it (after an hour at the latest).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

use WP_Error;

defined( 'ABSPATH' ) || exit;

/** From offer to settlement. */
final class Call_Desk {
	/** Seconds without a request of the page after which it counts as gone. It asks at least every 20 seconds. */
	public const GONE_AFTER = 90;
	/** Seconds after which a page no longer waits for its answer. */
	private const PATIENCE = 9;
	/** Seconds after which the voice service has ended every call. */
	private const LONGEST_CALL = 3600;

	/**
	 * Places a call.
	 *
	 * @param string $name  Name of the agent.
	 * @param array  $agent The agent.
	 * @param string $sdp   The page's offer.
	 * @return array{id: string, answer: string, seconds: int}|WP_Error
	 * @throws State_Unavailable If the database fails.
	 */
	public static function place( string $name, array $agent, string $sdp ) {
		// The answer contains the ID that is needed to hang up, so this request continues if the visitor leaves.
		ignore_user_abort( true );
		self::sweep( 2 );
		$call = Guards::reserve( $name, $agent );
		if ( is_wp_error( $call ) ) {
			return $call;
		}
		$begun  = microtime( true );
		$result = Realtime_Api::place( $sdp, Agents::session( $agent ), (string) $call['visitor'] );
		if ( is_wp_error( $result ) ) {
			Live_Calls::remove( (string) $call['id'] );
			// After a timeout the call may exist, so it is counted.
			if ( 'upstream_timeout' !== $result->get_error_code() ) {
				Guards::give_back( $call, (int) $call['seconds'], (int) $call['micros'], 1 );
			}
			return $result;
		}
		$now  = time();
		$call = array_merge(
			$call,
			array(
				'upstream_id' => $result['upstream_id'],
				'started'     => $now,
				'deadline'    => $now + (int) $call['seconds'],
			)
		);
		if ( ! Live_Calls::placed( (string) $call['id'], $result['upstream_id'], $now, (int) $call['deadline'] ) ) {
			Realtime_Api::hang_up( $result['upstream_id'] );
			return Problem::error( 'upstream_timeout' );
		}
		if ( microtime( true ) - $begun > self::PATIENCE ) {
			self::end( $call );
			return Problem::error( 'upstream_timeout' );
		}
		Call_Schedule::ensure( min( (int) $call['deadline'], $now + self::GONE_AFTER ) );
		return array(
			'id'      => (string) $call['id'],
			'answer'  => $result['answer'],
			'seconds' => (int) $call['seconds'],
		);
	}

	/**
	 * Creates a key. It occupies a place and counts as a call of full length, because its calls cannot be seen here.
	 *
	 * @param string $name  Name of the agent.
	 * @param array  $agent The agent.
	 * @return array{value: string, expires_at: int}|WP_Error
	 * @throws State_Unavailable If the database fails.
	 */
	public static function create_key( string $name, array $agent ) {
		self::sweep( 2 );
		$call = Guards::reserve( $name, $agent );
		if ( is_wp_error( $call ) ) {
			return $call;
		}
		$key = Realtime_Api::create_key( Agents::session( $agent ), (string) $call['visitor'], 60 );
		if ( is_wp_error( $key ) ) {
			Live_Calls::remove( (string) $call['id'] );
			Guards::give_back( $call, (int) $call['seconds'], (int) $call['micros'], 1 );
		}
		return $key;
	}

	/**
	 * Ends a call and returns what it did not use. False if it may continue, or if another request is ending it.
	 *
	 * @param array $call A row of `Live_Calls`.
	 * @throws State_Unavailable If the database fails.
	 */
	public static function end( array $call ): bool {
		if ( ! Live_Calls::claim( (string) $call['id'] ) ) {
			return false;
		}
		$placed = '' !== $call['upstream_id'];
		$over   = ! $placed || Realtime_Api::hang_up( (string) $call['upstream_id'] );
		$used   = time() - (int) $call['started'];
		if ( ! $over && $used < self::LONGEST_CALL ) {
			return false;
		}
		$seconds = (int) $call['seconds'];
		if ( Live_Calls::remove( (string) $call['id'] ) && $placed && $over ) {
			$unused = max( 0, $seconds - max( 1, $used ) );
			Guards::give_back( $call, $unused, (int) floor( (int) $call['micros'] * $unused / $seconds ) );
		}
		return true;
	}

	/**
	 * Ends calls that have reached their limit or whose page is gone.
	 *
	 * @param int $most Largest number of calls to end, because each takes a request to the voice service.
	 * @throws State_Unavailable If the database fails.
	 */
	public static function sweep( int $most ): void {
		$now = time();
		foreach ( Live_Calls::all() as $call ) {
			$gone = '' !== $call['upstream_id'] && (int) $call['seen'] < $now - self::GONE_AFTER;
			if ( ! $gone && (int) $call['deadline'] > $now ) {
				continue;
			}
			self::end( $call );
			if ( --$most <= 0 ) {
				return;
			}
		}
	}
}
