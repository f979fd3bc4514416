<?php
/**
 * What the site's privacy policy should say, and answers to requests of users for their data.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

use WP_User;

defined( 'ABSPATH' ) || exit;

/** Privacy tools. */
final class Privacy {
	/** Adds the hooks. */
	public static function register(): void {
		add_action( 'admin_init', array( self::class, 'suggest_text' ) );
		add_filter( 'wp_privacy_personal_data_exporters', array( self::class, 'add_exporter' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( self::class, 'add_eraser' ) );
	}

	/** Suggests a text for the privacy policy. */
	public static function suggest_text(): void {
		if ( ! function_exists( 'wp_add_privacy_policy_content' ) ) {
			return;
		}
		$paragraphs = array(
			__( 'When you start a call with the voice agent of this site, your browser opens the microphone and sends what you say to OpenAI (OpenAI, L.L.C., USA; openai.com/policies), where an AI model answers. What you type during a call is sent there, too. Nothing is sent before you start a call.', 'voice-agent' ),
			__( 'This site does not record calls and does not store what is said. While a call lasts, it stores a keyed hash of your user ID or address, and the times of the call. For two days it stores how many calls and minutes this hash has used.', 'voice-agent' ),
			__( 'The voice agent sets no cookies and stores nothing in your browser.', 'voice-agent' ),
		);
		wp_add_privacy_policy_content( __( 'Voice Agent', 'voice-agent' ), '<p>' . implode( '</p><p>', array_map( 'esc_html', $paragraphs ) ) . '</p>' );
	}

	/**
	 * Adds the exporter.
	 *
	 * @param array $exporters Exporters by name.
	 */
	public static function add_exporter( array $exporters ): array {
		$exporters['voice-agent'] = array(
			'exporter_friendly_name' => __( 'Voice Agent', 'voice-agent' ),
			'callback'               => array( self::class, 'export' ),
		);
		return $exporters;
	}

	/**
	 * Adds the eraser.
	 *
	 * @param array $erasers Erasers by name.
	 */
	public static function add_eraser( array $erasers ): array {
		$erasers['voice-agent'] = array(
			'eraser_friendly_name' => __( 'Voice Agent', 'voice-agent' ),
			'callback'             => array( self::class, 'erase' ),
		);
		return $erasers;
	}

	/**
	 * Today's and yesterday's use of a user, and live calls.
	 *
	 * @param string $email Address of the user.
	 */
	public static function export( string $email ): array {
		$user  = get_user_by( 'email', $email );
		$items = array();
		foreach ( $user instanceof WP_User ? self::counters( $user ) : array() as $row ) {
			$items[] = self::item(
				$row['name'],
				array(
					__( 'Day', 'voice-agent' )     => explode( ':', $row['name'] )[1],
					__( 'Calls', 'voice-agent' )   => $row['calls'],
					__( 'Seconds', 'voice-agent' ) => $row['seconds'],
				)
			);
		}
		foreach ( $user instanceof WP_User ? Live_Calls::of_visitor( Visitor::id_of_user( $user->ID ) ) : array() as $call ) {
			$items[] = self::item( $call['id'], array( __( 'Call since', 'voice-agent' ) => gmdate( 'c', (int) $call['started'] ) ) );
		}
		return array(
			'data' => $items,
			'done' => true,
		);
	}

	/**
	 * Ends live calls of a user and deletes what was counted. Counters of today are kept, because they hold the limits of the day.
	 *
	 * @param string $email Address of the user.
	 */
	public static function erase( string $email ): array {
		$user    = get_user_by( 'email', $email );
		$removed = false;
		$kept    = false;
		if ( $user instanceof WP_User ) {
			foreach ( Live_Calls::of_visitor( Visitor::id_of_user( $user->ID ) ) as $call ) {
				$removed = Call_Desk::end( $call ) || $removed;
			}
			$table = Database::counters();
			foreach ( self::counters( $user ) as $row ) {
				if ( explode( ':', $row['name'] )[1] === wp_date( 'Y-m-d' ) ) {
					$kept = true;
					continue;
				}
				$removed = 1 === Database::change( "DELETE FROM {$table} WHERE name = %s", $row['name'] ) || $removed;
			}
		}
		return array(
			'items_removed'  => $removed,
			'items_retained' => $kept,
			'messages'       => $kept ? array( __( 'The number of calls and minutes of today is kept until it expires, in two days: it holds the limits of the day.', 'voice-agent' ) ) : array(),
			'done'           => true,
		);
	}

	/**
	 * The counters of a user.
	 *
	 * @param WP_User $user The user.
	 */
	private static function counters( WP_User $user ): array {
		$table = Database::counters();
		return Database::rows( "SELECT name, calls, seconds FROM {$table} WHERE name LIKE %s", 'day:%:' . Visitor::id_of_user( $user->ID ) );
	}

	/**
	 * One item of an export.
	 *
	 * @param string                    $id     Its ID.
	 * @param array<string, string|int> $fields Values by name.
	 */
	private static function item( string $id, array $fields ): array {
		$data = array();
		foreach ( $fields as $name => $value ) {
			$data[] = array(
				'name'  => $name,
				'value' => (string) $value,
			);
		}
		return array(
			'group_id'    => 'voice-agent',
			'group_label' => __( 'Voice Agent', 'voice-agent' ),
			'item_id'     => $id,
			'data'        => $data,
		);
	}
}
