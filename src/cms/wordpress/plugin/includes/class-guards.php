<?php
/**
 * The checks before a key or a call, in the order of their cost. Each refuses with an error whose code the widget knows.
 *
 * Owns: the order, names and limits of the counters. Does not own: counting (`Counters`), places (`Live_Calls`).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

use WP_Error;
use WP_REST_Request;

defined( 'ABSPATH' ) || exit;

/** Checks of a request. */
final class Guards {
	/** Seconds of a window in which requests are counted. */
	private const WINDOW = 60;
	/** Seconds until a place that is occupied now may be free. */
	private const RETRY_BUSY = 15;

	/**
	 * Accepts only pages of this site, and requests that carry the nonce of such a page.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return true|WP_Error
	 */
	public static function same_site( WP_REST_Request $request ) {
		$refused = self::origin( (string) $request->get_header( 'origin' ) );
		if ( $refused ) {
			return $refused;
		}
		// WordPress refuses wrong nonces itself and then ignores the user's cookie; without a nonce it continues as a visitor who is not logged in.
		$nonce = $request->get_param( '_wpnonce' );
		if ( ! is_string( $nonce ) || ! wp_verify_nonce( $nonce, 'wp_rest' ) ) {
			return Problem::error( 'visitor_denied' );
		}
		return true;
	}

	/**
	 * Accepts only origins of this site.
	 *
	 * @param string $origin The header `Origin`.
	 */
	public static function origin( string $origin ): ?WP_Error {
		if ( '' === $origin ) {
			return Problem::error( 'origin_missing' );
		}
		$own = array();
		foreach ( array( home_url(), site_url() ) as $address ) {
			$parts = wp_parse_url( $address );
			$own[] = strtolower( $parts['scheme'] . '://' . $parts['host'] ) . ( isset( $parts['port'] ) ? ':' . $parts['port'] : '' );
		}
		/**
		 * Filters the origins whose pages may place calls.
		 *
		 * @param string[] $own Origins without a trailing slash.
		 */
		$allowed = (array) apply_filters( 'voice_agent_allowed_origins', $own );
		return in_array( $origin, $allowed, true ) ? null : Problem::error( 'origin_denied' );
	}

	/**
	 * Counts the request for its address, then checks whether the current user may call the agent, then counts it for the visitor.
	 *
	 * @param array $agent The agent.
	 * @return WP_Error|null
	 * @throws State_Unavailable If the database fails.
	 */
	public static function visitor( array $agent ): ?WP_Error {
		if ( ! self::rate( 'a:' . Visitor::address_id(), (int) Settings::get( 'rate_address' ) ) ) {
			return self::too_many();
		}
		$refusal = Agents::refusal( $agent );
		if ( '' !== $refusal ) {
			return Problem::error( 'login' === $refusal ? 'visitor_missing' : 'visitor_denied' );
		}
		return self::rate( 'v:' . Visitor::id(), (int) Settings::get( 'rate_visitor' ) ) ? null : self::too_many();
	}

	/**
	 * Reserves a place and the amounts of a call of full length.
	 *
	 * @param string $name  Name of the agent.
	 * @param array  $agent The agent.
	 * @return array<string, string|int>|WP_Error The reservation, a row of `Live_Calls`.
	 * @throws State_Unavailable If the database fails.
	 */
	public static function reserve( string $name, array $agent ) {
		$now     = time();
		$seconds = (int) Settings::get( 'max_seconds' );
		$price   = Prices::micros_per_minute( $agent['model'] );
		$money   = Settings::micros( 'money_per_day' );
		if ( null === $price && null !== $money ) {
			// A limit in money that cannot be checked must not be ignored.
			return Problem::error( 'budget_spent', self::seconds_to_tomorrow() );
		}
		$call = array(
			'id'          => bin2hex( random_bytes( 16 ) ),
			'upstream_id' => '',
			'visitor'     => Visitor::id(),
			'user_id'     => get_current_user_id(),
			'agent'       => $name,
			'day'         => wp_date( 'Y-m-d' ),
			'seconds'     => $seconds,
			'micros'      => (int) ceil( (int) $price * $seconds / 60 ),
			'started'     => $now,
			'deadline'    => $now + $seconds,
			'seen'        => $now,
		);
		$taken = self::take( $call, $money );
		if ( ! $taken ) {
			return Problem::error( 'budget_spent', self::seconds_to_tomorrow() );
		}
		$busy = Live_Calls::occupy( $call, (int) Settings::get( 'places' ), Visitor::seats() );
		if ( 'visitor' === $busy && get_current_user_id() ) {
			// A further call of a user replaces the oldest one: its page may have crashed.
			$oldest = Live_Calls::of_visitor( (string) $call['visitor'] )[0] ?? null;
			if ( $oldest && Call_Desk::end( $oldest ) ) {
				$busy = Live_Calls::occupy( $call, (int) Settings::get( 'places' ), Visitor::seats() );
			}
		}
		if ( '' !== $busy ) {
			self::give_back( $call, $seconds, (int) $call['micros'], 1 );
			return Problem::error( 'all_busy', self::RETRY_BUSY );
		}
		return $call;
	}

	/**
	 * Returns amounts that a call did not use.
	 *
	 * @param array $call    A row of `Live_Calls`.
	 * @param int   $seconds Unused seconds.
	 * @param int   $micros  Unused money, in millionths.
	 * @param int   $calls   1 if there was no call.
	 * @throws State_Unavailable If the database fails.
	 */
	public static function give_back( array $call, int $seconds, int $micros, int $calls = 0 ): void {
		$amounts = compact( 'calls', 'seconds', 'micros' );
		Counters::give_back( self::day( $call, 'all' ), $amounts );
		Counters::give_back( self::day( $call, (string) $call['visitor'] ), $amounts );
	}

	/**
	 * Adds a call to the amounts of its day, of its visitor and of all.
	 *
	 * @param array    $call  A row of `Live_Calls`.
	 * @param int|null $money Limit of the day in millionths.
	 */
	private static function take( array $call, ?int $money ): bool {
		$amounts = array(
			'calls'   => 1,
			'seconds' => (int) $call['seconds'],
			'micros'  => (int) $call['micros'],
		);
		$expires = time() + 2 * DAY_IN_SECONDS;
		$visitor = array( 'seconds' => 60 * (int) Settings::get( 'minutes_per_visitor' ) );
		if ( ! Counters::take( self::day( $call, (string) $call['visitor'] ), $amounts, $visitor, $expires ) ) {
			return false;
		}
		$limits = array(
			'calls'   => (int) Settings::get( 'calls_per_day' ),
			'seconds' => 60 * (int) Settings::get( 'minutes_per_day' ),
		) + ( null === $money ? array() : array( 'micros' => $money ) );
		if ( Counters::take( self::day( $call, 'all' ), $amounts, $limits, $expires ) ) {
			return true;
		}
		Counters::give_back( self::day( $call, (string) $call['visitor'] ), $amounts );
		return false;
	}

	/**
	 * Name of the counter of a day.
	 *
	 * @param array  $call  A row of `Live_Calls`.
	 * @param string $scope `all` or the hash of a visitor.
	 */
	private static function day( array $call, string $scope ): string {
		return 'day:' . $call['day'] . ':' . $scope;
	}

	/** What all calls of today use, with what is reserved for live ones. */
	public static function today(): array {
		return Counters::read( 'day:' . wp_date( 'Y-m-d' ) . ':all' );
	}

	/**
	 * Counts a request in the current window.
	 *
	 * @param string $name  Name of the counter.
	 * @param int    $limit Requests in a window.
	 */
	private static function rate( string $name, int $limit ): bool {
		$window = intdiv( time(), self::WINDOW );
		return Counters::take( 'rate:' . $name . ':' . $window, array( 'calls' => 1 ), array( 'calls' => $limit ), ( $window + 2 ) * self::WINDOW );
	}

	/** The refusal of a visitor who sends too many requests. */
	private static function too_many(): WP_Error {
		return Problem::error( 'rate_limited', self::WINDOW - time() % self::WINDOW );
	}

	/** Seconds until the amounts of the next day are available, at most an hour. */
	private static function seconds_to_tomorrow(): int {
		$tomorrow = ( new \DateTimeImmutable( 'tomorrow', wp_timezone() ) )->getTimestamp();
		return (int) min( HOUR_IN_SECONDS, max( 1, $tomorrow - time() ) );
	}
}
