<?php
/**
 * The scheduled event that ends calls at their limits. WordPress runs it with a request to the site that arrives after its time, so on a
 * site without visitors it runs late unless the host calls `wp-cron.php` itself.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** One event, which schedules the next one while calls are live. */
final class Call_Schedule {
	public const HOOK = 'voice_agent_end_calls';
	/** Calls that one run ends. */
	private const MOST = 50;

	/**
	 * Makes sure that the event runs by a time.
	 *
	 * @param int $at Unix time.
	 */
	public static function ensure( int $at ): void {
		$next = wp_next_scheduled( self::HOOK );
		if ( $next && $next <= $at ) {
			return;
		}
		self::clear();
		wp_schedule_single_event( $at, self::HOOK );
	}

	/** Ends the calls that are due and schedules the next run. */
	public static function run(): void {
		try {
			Call_Desk::sweep( self::MOST );
			Counters::clean_up();
			$calls = Live_Calls::all();
		} catch ( State_Unavailable $error ) {
			self::ensure( time() + MINUTE_IN_SECONDS );
			return;
		}
		if ( $calls ) {
			$due = min( array_map( 'intval', array_column( $calls, 'deadline' ) ) );
			self::ensure( max( time() + 5, min( $due, time() + Call_Desk::GONE_AFTER ) ) );
		}
	}

	/** Removes the event. */
	public static function clear(): void {
		wp_clear_scheduled_hook( self::HOOK );
	}
}
