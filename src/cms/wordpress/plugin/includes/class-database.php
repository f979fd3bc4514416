<?php
/**
 * The plug-in's two tables: counters (rates and amounts per day) and live calls.
 *
 * Owns: their structure, and queries that are repeated after a deadlock. Does not own: what is counted.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Tables and queries. */
final class Database {
	private const VERSION  = '1';
	private const OPTION   = 'voice_agent_database';
	private const ATTEMPTS = 3;

	/** Name of the table with counters. */
	public static function counters(): string {
		return $GLOBALS['wpdb']->prefix . 'voice_agent_counters';
	}

	/** Name of the table with live calls. */
	public static function calls(): string {
		return $GLOBALS['wpdb']->prefix . 'voice_agent_calls';
	}

	/** Creates or changes the tables if this site does not have the current version. */
	public static function update(): void {
		if ( self::VERSION === get_option( self::OPTION ) ) {
			return;
		}
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		$collation = $GLOBALS['wpdb']->get_charset_collate();
		$counters  = self::counters();
		$calls     = self::calls();
		dbDelta(
			"CREATE TABLE {$counters} (
  name varchar(64) NOT NULL,
  calls bigint(20) NOT NULL DEFAULT 0,
  seconds bigint(20) NOT NULL DEFAULT 0,
  micros bigint(20) NOT NULL DEFAULT 0,
  expires bigint(20) NOT NULL,
  PRIMARY KEY  (name),
  KEY expires (expires)
) {$collation};"
		);
		// One row occupies one place (`slot`) and one of the places of its visitor (`seat`): the unique keys make both limits exact.
		dbDelta(
			"CREATE TABLE {$calls} (
  slot int(10) unsigned NOT NULL,
  id varchar(32) NOT NULL,
  upstream_id varchar(255) NOT NULL DEFAULT '',
  visitor varchar(32) NOT NULL,
  seat int(10) unsigned NOT NULL,
  user_id bigint(20) unsigned NOT NULL DEFAULT 0,
  agent varchar(40) NOT NULL,
  day varchar(10) NOT NULL,
  seconds int(10) unsigned NOT NULL,
  micros bigint(20) NOT NULL,
  started bigint(20) NOT NULL,
  deadline bigint(20) NOT NULL,
  seen bigint(20) NOT NULL,
  claimed bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY  (slot),
  UNIQUE KEY id (id),
  UNIQUE KEY seat (visitor,seat),
  KEY deadline (deadline)
) {$collation};"
		);
		update_option( self::OPTION, self::VERSION, true );
	}

	/** Drops the tables of the current site and deletes the plug-in's options. */
	public static function drop(): void {
		global $wpdb;
		foreach ( array( self::counters(), self::calls() ) as $table ) {
			// phpcs:ignore WordPress.DB -- the name consists of the prefix and a constant.
			$wpdb->query( "DROP TABLE IF EXISTS {$table}" );
		}
		delete_option( self::OPTION );
	}

	/**
	 * Runs a statement and returns the number of changed rows.
	 *
	 * @param string $sql  With placeholders of `$wpdb->prepare()`.
	 * @param mixed  ...$values Values of the placeholders.
	 * @throws State_Unavailable If the database does not carry it out.
	 */
	public static function change( string $sql, ...$values ): int {
		global $wpdb;
		$quiet = $wpdb->suppress_errors();
		try {
			for ( $attempt = 1; $attempt <= self::ATTEMPTS; $attempt++ ) {
				// phpcs:ignore WordPress.DB -- prepared here; callers insert only table names.
				$rows = $wpdb->query( $wpdb->prepare( $sql, ...$values ) );
				if ( false !== $rows ) {
					return (int) $rows;
				}
			}
		} finally {
			$wpdb->suppress_errors( $quiet );
		}
		throw new State_Unavailable();
	}

	/**
	 * The rows of a query.
	 *
	 * @param string $sql  With placeholders of `$wpdb->prepare()`.
	 * @param mixed  ...$values Values of the placeholders.
	 * @return array<int, array<string, string>>
	 * @throws State_Unavailable If the database does not answer.
	 */
	public static function rows( string $sql, ...$values ): array {
		global $wpdb;
		$quiet = $wpdb->suppress_errors();
		// phpcs:ignore WordPress.DB -- prepared here; callers insert only table names.
		$rows   = $wpdb->get_results( $wpdb->prepare( $sql, ...$values ), ARRAY_A );
		$failed = '' !== $wpdb->last_error;
		$wpdb->suppress_errors( $quiet );
		if ( $failed || ! is_array( $rows ) ) {
			throw new State_Unavailable();
		}
		return $rows;
	}
}
