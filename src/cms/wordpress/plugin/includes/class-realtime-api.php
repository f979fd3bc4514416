<?php
/**
 * Requests to the Realtime API: places a call, creates a key, hangs up. The API key leaves the site only in these requests.
 *
 * Does not own: limits (`Guards`), which calls are live (`Live_Calls`).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

use WP_Error;

defined( 'ABSPATH' ) || exit;

/** The voice service. */
final class Realtime_Api {
	/** Seconds to wait for an answer. An answer that the page no longer awaits is still needed to hang the call up. */
	private const TIMEOUT = 30;
	private const QUICK   = 5;
	/** Seconds until a retry makes sense if the API does not say. */
	private const RETRY = 30;

	/**
	 * Offers a call.
	 *
	 * @param string $sdp     The page's offer.
	 * @param array  $session Session object.
	 * @param string $visitor Hash of the visitor.
	 * @return array{answer: string, upstream_id: string}|WP_Error
	 */
	public static function place( string $sdp, array $session, string $visitor ) {
		$boundary = 'voice-agent-' . bin2hex( random_bytes( 16 ) );
		$response = self::post(
			'/realtime/calls',
			self::TIMEOUT,
			self::parts( $boundary, $sdp, $session ),
			array(
				'Content-Type'             => 'multipart/form-data; boundary=' . $boundary,
				'Accept'                   => 'application/sdp',
				'OpenAI-Safety-Identifier' => $visitor,
			)
		);
		$failure  = self::failure( $response, true );
		if ( $failure ) {
			return $failure;
		}
		$location = wp_remote_retrieve_header( $response, 'location' );
		$location = strtok( is_array( $location ) ? (string) end( $location ) : (string) $location, '?#' );
		if ( ! preg_match( '~/([\w-]{1,255})/?$~', (string) $location, $found ) ) {
			return Problem::error( 'upstream_failed' );
		}
		$answer = wp_remote_retrieve_body( $response );
		if ( ! preg_match( '/^v=0\r?\n/', $answer ) || false === strpos( $answer, "\nm=audio " ) ) {
			self::hang_up( $found[1] );
			return Problem::error( 'upstream_failed' );
		}
		return array(
			'answer'      => $answer,
			'upstream_id' => $found[1],
		);
	}

	/**
	 * Creates a key with which a page can open calls for a limited time.
	 *
	 * @param array  $session  Session object.
	 * @param string $visitor  Hash of the visitor.
	 * @param int    $lifetime Seconds.
	 * @return array{value: string, expires_at: int}|WP_Error
	 */
	public static function create_key( array $session, string $visitor, int $lifetime ) {
		$body     = array(
			'expires_after' => array(
				'anchor'  => 'created_at',
				'seconds' => $lifetime,
			),
			'session'       => $session,
		);
		$headers  = array(
			'Content-Type'             => 'application/json',
			'OpenAI-Safety-Identifier' => $visitor,
		);
		$response = self::post( '/realtime/client_secrets', self::QUICK * 2, (string) wp_json_encode( $body ), $headers );
		$failure  = self::failure( $response, false );
		if ( $failure ) {
			return $failure;
		}
		$key = json_decode( wp_remote_retrieve_body( $response ), true );
		if ( ! is_array( $key ) || ! is_string( $key['value'] ?? null ) || ! is_int( $key['expires_at'] ?? null ) ) {
			return Problem::error( 'upstream_failed' );
		}
		return array(
			'value'      => $key['value'],
			'expires_at' => $key['expires_at'],
		);
	}

	/**
	 * Hangs up. True if the call is over; false if it may continue.
	 *
	 * @param string $upstream_id The API's ID of the call.
	 */
	public static function hang_up( string $upstream_id ): bool {
		$response = self::post( '/realtime/calls/' . rawurlencode( $upstream_id ) . '/hangup', self::QUICK, '', array() );
		$status   = is_wp_error( $response ) ? 0 : (int) wp_remote_retrieve_response_code( $response );
		return 404 === $status || ( $status >= 200 && $status < 300 );
	}

	/**
	 * Sends a request. The address is the owner's setting; redirects are not followed, because they could send the key elsewhere.
	 *
	 * @param string                $path    Path below the root.
	 * @param int                   $timeout Seconds.
	 * @param string                $body    The body.
	 * @param array<string, string> $headers Further headers.
	 * @return array|WP_Error
	 */
	private static function post( string $path, int $timeout, string $body, array $headers ) {
		return wp_remote_post(
			self::root() . $path,
			array(
				'timeout'             => $timeout,
				'redirection'         => 0,
				'limit_response_size' => 262144,
				'headers'             => array( 'Authorization' => 'Bearer ' . Secrets::get( 'api_key' ) ) + $headers,
				'body'                => $body,
				'user-agent'          => 'voice-agent-wordpress/' . VERSION,
			)
		);
	}

	/** Root of the API: the constant `VOICE_AGENT_BASE_URL` of `wp-config.php`, otherwise the setting. */
	private static function root(): string {
		return untrailingslashit( defined( 'VOICE_AGENT_BASE_URL' ) ? (string) constant( 'VOICE_AGENT_BASE_URL' ) : Settings::get( 'base_url' ) );
	}

	/**
	 * The refusal that a response stands for; null for a successful one. The API's texts are not passed on.
	 *
	 * @param array|WP_Error $response The response.
	 * @param bool           $offer    Whether the request contained a page's offer.
	 */
	private static function failure( $response, bool $offer ): ?WP_Error {
		if ( is_wp_error( $response ) ) {
			$late = false !== stripos( $response->get_error_message(), 'timed out' );
			return $late ? Problem::error( 'upstream_timeout' ) : Problem::error( 'upstream_unavailable', self::RETRY );
		}
		$status = (int) wp_remote_retrieve_response_code( $response );
		if ( $status >= 200 && $status < 300 ) {
			return null;
		}
		if ( 429 === $status || 503 === $status ) {
			$wait = (int) wp_remote_retrieve_header( $response, 'retry-after' );
			return Problem::error( 'upstream_unavailable', max( 1, min( HOUR_IN_SECONDS, $wait ? $wait : self::RETRY ) ) );
		}
		$error = json_decode( wp_remote_retrieve_body( $response ), true );
		$code  = is_array( $error ) ? (string) ( $error['error']['code'] ?? '' ) : '';
		if ( $offer && in_array( $status, array( 400, 406, 415, 422 ), true ) && preg_match( '/^$|offer|sdp/', $code ) ) {
			return Problem::error( 'offer_rejected' );
		}
		$problem = Problem::error( 'upstream_failed' );
		// For the connection test only; responses to visitors contain no more than the code.
		$problem->add_data( array_merge( $problem->get_error_data(), array( 'upstream' => trim( $status . ' ' . $code ) ) ) );
		return $problem;
	}

	/**
	 * The multipart body of an offer.
	 *
	 * @param string $boundary Boundary of the parts.
	 * @param string $sdp      The offer.
	 * @param array  $session  Session object.
	 */
	private static function parts( string $boundary, string $sdp, array $session ): string {
		$body = '';
		foreach ( array( 'sdp' => $sdp, 'session' => (string) wp_json_encode( $session ) ) as $name => $content ) {
			$body .= "--{$boundary}\r\nContent-Disposition: form-data; name=\"{$name}\"\r\n\r\n{$content}\r\n";
		}
		return $body . "--{$boundary}--\r\n";
	}
}
