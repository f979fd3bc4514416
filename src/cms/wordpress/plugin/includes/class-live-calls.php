<?php
/**
 * The calls that occupy a place now: one row each, deleted when the call is over.
 *
 * Owns: places and seats. Does not own: the voice service (`Call_Desk` ends calls there).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Rows of the table of live calls. */
final class Live_Calls {
	/** Seconds in which a request that ends a call may work before another one tries. */
	private const CLAIM = 30;

	/**
	 * Occupies a place. Parallel requests compete by the table's unique keys, so at most `$places` rows exist, `$seats` for one visitor.
	 *
	 * @param array<string, string|int> $call   All columns except `slot` and `seat`.
	 * @param int                       $places Places of the site.
	 * @param int                       $seats  Places of this visitor.
	 * @return string `''` on success; `all` if no place is free; `visitor` if the visitor has no further place.
	 * @throws State_Unavailable If the database fails.
	 */
	public static function occupy( array $call, int $places, int $seats ): string {
		$table = Database::calls();
		// Each failed attempt means that another request took a place, so this ends.
		for ( $attempt = 0; $attempt < $places + $seats + 1; $attempt++ ) {
			$rows = Database::rows( "SELECT slot, visitor, seat FROM {$table} WHERE slot >= %d", 1 );
			$own  = array();
			foreach ( $rows as $row ) {
				if ( $row['visitor'] === $call['visitor'] ) {
					$own[] = (int) $row['seat'];
				}
			}
			$slot = self::lowest_free( array_map( 'intval', array_column( $rows, 'slot' ) ), $places );
			$seat = self::lowest_free( $own, $seats );
			if ( 0 === $slot ) {
				return 'all';
			}
			if ( 0 === $seat ) {
				return 'visitor';
			}
			$taken = Database::change(
				"INSERT IGNORE INTO {$table} (slot, seat, id, upstream_id, visitor, user_id, agent, day, seconds, micros, started, deadline, seen, claimed)
				VALUES (%d, %d, %s, %s, %s, %d, %s, %s, %d, %d, %d, %d, %d, 0)",
				$slot,
				$seat,
				$call['id'],
				$call['upstream_id'],
				$call['visitor'],
				$call['user_id'],
				$call['agent'],
				$call['day'],
				$call['seconds'],
				$call['micros'],
				$call['started'],
				$call['deadline'],
				$call['seen']
			);
			if ( 1 === $taken ) {
				return '';
			}
		}
		return 'all';
	}

	/**
	 * The call of this name.
	 *
	 * @param string $id Name of the call.
	 * @return array<string, string>|null
	 */
	public static function find( string $id ): ?array {
		$table = Database::calls();
		return Database::rows( "SELECT * FROM {$table} WHERE id = %s", $id )[0] ?? null;
	}

	/**
	 * All live calls, oldest first.
	 *
	 * @return array<int, array<string, string>>
	 */
	public static function all(): array {
		$table = Database::calls();
		return Database::rows( "SELECT * FROM {$table} WHERE slot >= %d ORDER BY started", 1 );
	}

	/**
	 * The live calls of a visitor, oldest first.
	 *
	 * @param string $visitor Hash of the visitor.
	 * @return array<int, array<string, string>>
	 */
	public static function of_visitor( string $visitor ): array {
		$table = Database::calls();
		return Database::rows( "SELECT * FROM {$table} WHERE visitor = %s ORDER BY started", $visitor );
	}

	/**
	 * Stores the voice service's ID of a call that was placed. False if the row is gone.
	 *
	 * @param string $id          Name of the call.
	 * @param string $upstream_id The voice service's ID.
	 * @param int    $started     Unix time.
	 * @param int    $deadline    Unix time.
	 */
	public static function placed( string $id, string $upstream_id, int $started, int $deadline ): bool {
		$table = Database::calls();
		return 1 === Database::change(
			"UPDATE {$table} SET upstream_id = %s, started = %d, deadline = %d, seen = %d WHERE id = %s",
			$upstream_id,
			$started,
			$deadline,
			$started,
			$id
		);
	}

	/**
	 * Notes that the page of a call is still there.
	 *
	 * @param string $id Name of the call.
	 */
	public static function seen( string $id ): void {
		$table = Database::calls();
		Database::change( "UPDATE {$table} SET seen = %d WHERE id = %s", time(), $id );
	}

	/**
	 * Reserves the right to end a call, so that parallel requests do not end it twice.
	 *
	 * @param string $id Name of the call.
	 */
	public static function claim( string $id ): bool {
		$table = Database::calls();
		return 1 === Database::change( "UPDATE {$table} SET claimed = %d WHERE id = %s AND claimed < %d", time(), $id, time() - self::CLAIM );
	}

	/**
	 * Frees the place of a call. True if this request did it.
	 *
	 * @param string $id Name of the call.
	 */
	public static function remove( string $id ): bool {
		$table = Database::calls();
		return 1 === Database::change( "DELETE FROM {$table} WHERE id = %s", $id );
	}

	/**
	 * Lowest number from 1 to `$most` that is not in the list; 0 if there is none.
	 *
	 * @param int[] $taken Numbers in use.
	 * @param int   $most  Largest number.
	 */
	private static function lowest_free( array $taken, int $most ): int {
		$used = array_flip( $taken );
		for ( $number = 1; $number <= $most; $number++ ) {
			if ( ! isset( $used[ $number ] ) ) {
				return $number;
			}
		}
		return 0;
	}
}
