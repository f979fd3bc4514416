<?php
/**
 * Answers of `admin-ajax.php` for the page's script: a current nonce, for pages that came from a cache, and the proof for the owner's own
 * voice-agent server. This address is never cached and knows the user by the cookie.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

use WP_Error;

defined( 'ABSPATH' ) || exit;

/** Two actions. */
final class Page_Requests {
	/** Adds the hooks. */
	public static function register(): void {
		foreach ( array( 'nonce', 'proof' ) as $action ) {
			add_action( 'wp_ajax_voice_agent_' . $action, array( self::class, 'answer_' . $action ) );
			add_action( 'wp_ajax_nopriv_voice_agent_' . $action, array( self::class, 'answer_' . $action ) );
		}
	}

	/** A nonce for the routes of this plug-in. Other sites cannot read it: the answer allows no other origin. */
	public static function answer_nonce(): void {
		self::check_origin();
		self::send( wp_create_nonce( 'wp_rest' ) );
	}

	/** A signed proof of who the visitor is, valid for one call. */
	public static function answer_proof(): void {
		self::check_origin();
		// phpcs:ignore WordPress.Security.NonceVerification -- checked by its origin; a cached page has no valid nonce.
		$name  = isset( $_POST['agent'] ) ? sanitize_key( wp_unslash( $_POST['agent'] ) ) : 'default';
		$agent = Agents::find( $name );
		if ( ! $agent || 'own' !== Settings::get( 'server' ) || '' === Secrets::get( 'server_secret' ) ) {
			self::refuse( Problem::error( 'profile_unknown' ) );
		}
		try {
			$refused = Guards::visitor( $agent );
		} catch ( State_Unavailable $error ) {
			$refused = Problem::error( 'state_unavailable' );
		}
		if ( $refused ) {
			self::refuse( $refused );
		}
		self::send( Visitor_Proof::sign() );
	}

	/** Refuses requests of other sites. */
	private static function check_origin(): void {
		$origin  = isset( $_SERVER['HTTP_ORIGIN'] ) ? sanitize_text_field( wp_unslash( $_SERVER['HTTP_ORIGIN'] ) ) : '';
		$refused = Guards::origin( $origin );
		if ( $refused ) {
			self::refuse( $refused );
		}
	}

	/**
	 * Sends a text and ends the request.
	 *
	 * @param string $text A nonce or a proof.
	 */
	private static function send( string $text ): void {
		nocache_headers();
		header( 'Content-Type: text/plain; charset=utf-8' );
		header( 'X-Content-Type-Options: nosniff' );
		echo esc_html( $text );
		wp_die( '', '', array( 'response' => null ) );
	}

	/**
	 * Sends the status of a refusal and ends the request.
	 *
	 * @param WP_Error $error The refusal.
	 */
	private static function refuse( WP_Error $error ): void {
		nocache_headers();
		wp_send_json( array( 'code' => $error->get_error_code() ), $error->get_error_data()['status'] );
	}
}
