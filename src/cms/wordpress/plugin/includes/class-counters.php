<?php
/**
 * Counters with limits. One UPDATE checks and adds, so parallel requests never exceed a limit together.
 *
 * Does not own: which counters exist (`Guards`).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Counters in the database. */
final class Counters {
	/** Used for amounts without a limit. */
	private const UNLIMITED = 4000000000000000000;

	/**
	 * Adds amounts, unless one of them would exceed its limit.
	 *
	 * @param string                                          $name    At most 64 characters.
	 * @param array{calls?: int, seconds?: int, micros?: int} $amounts What to add.
	 * @param array{calls?: int, seconds?: int, micros?: int} $limits  Omitted amounts have no limit.
	 * @param int                                             $expires Unix time after which the counter may be deleted.
	 * @return bool False if a limit would be exceeded; nothing is added then.
	 * @throws State_Unavailable If the database fails.
	 */
	public static function take( string $name, array $amounts, array $limits, int $expires ): bool {
		$table = Database::counters();
		$add   = self::complete( $amounts, 0 );
		$most  = self::complete( $limits, self::UNLIMITED );
		$sql   = "UPDATE {$table} SET calls = calls + %d, seconds = seconds + %d, micros = micros + %d
			WHERE name = %s AND calls + %d <= %d AND seconds + %d <= %d AND micros + %d <= %d";
		$values = array( $add['calls'], $add['seconds'], $add['micros'], $name, $add['calls'], $most['calls'], $add['seconds'], $most['seconds'], $add['micros'], $most['micros'] );
		if ( 1 === Database::change( $sql, ...$values ) ) {
			return true;
		}
		// The counter does not exist yet, or its limit is reached.
		Database::change( "INSERT IGNORE INTO {$table} (name, calls, seconds, micros, expires) VALUES (%s, 0, 0, 0, %d)", $name, $expires );
		return 1 === Database::change( $sql, ...$values );
	}

	/**
	 * Subtracts amounts that were added by `take()` and not used.
	 *
	 * @param string                                          $name    Name of the counter.
	 * @param array{calls?: int, seconds?: int, micros?: int} $amounts What to subtract.
	 * @throws State_Unavailable If the database fails.
	 */
	public static function give_back( string $name, array $amounts ): void {
		$table = Database::counters();
		$less  = self::complete( $amounts, 0 );
		Database::change(
			"UPDATE {$table} SET calls = calls - %d, seconds = seconds - %d, micros = micros - %d WHERE name = %s",
			$less['calls'],
			$less['seconds'],
			$less['micros'],
			$name
		);
	}

	/**
	 * The current amounts.
	 *
	 * @param string $name Name of the counter.
	 * @return array{calls: int, seconds: int, micros: int}
	 * @throws State_Unavailable If the database fails.
	 */
	public static function read( string $name ): array {
		$table = Database::counters();
		$rows  = Database::rows( "SELECT calls, seconds, micros FROM {$table} WHERE name = %s", $name );
		return self::complete( array_map( 'intval', $rows[0] ?? array() ), 0 );
	}

	/** Deletes expired counters. */
	public static function clean_up(): void {
		$table = Database::counters();
		Database::change( "DELETE FROM {$table} WHERE expires < %d", time() );
	}

	/**
	 * Fills in missing amounts.
	 *
	 * @param array<string, int> $amounts Some of the amounts.
	 * @param int                $default Value of the others.
	 * @return array{calls: int, seconds: int, micros: int}
	 */
	private static function complete( array $amounts, int $default ): array {
		return $amounts + array(
			'calls'   => $default,
			'seconds' => $default,
			'micros'  => $default,
		);
	}
}
