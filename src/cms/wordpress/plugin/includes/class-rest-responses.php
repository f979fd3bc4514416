<?php
/**
 * The form of the routes' responses: SDP and event streams as they are, errors as problem details (RFC 9457), never cached.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

use WP_HTTP_Response;
use WP_REST_Request;

defined( 'ABSPATH' ) || exit;

/** Filters of WordPress's REST server, for the routes of this plug-in only. */
final class Rest_Responses {
	/** Content types whose data is text and is not encoded as JSON. */
	private const TEXT = array( 'application/sdp', 'text/event-stream' );

	/** Adds the hooks. */
	public static function register(): void {
		add_filter( 'rest_post_dispatch', array( self::class, 'describe' ), 10, 3 );
		add_filter( 'rest_pre_serve_request', array( self::class, 'serve_text' ), 10, 3 );
		add_action( 'parse_request', array( self::class, 'find_without_permalinks' ), 5 );
	}

	/**
	 * Turns errors into problem details and forbids caching.
	 *
	 * @param WP_HTTP_Response $response The response.
	 * @param mixed            $server   Not used.
	 * @param WP_REST_Request  $request  The request.
	 */
	public static function describe( $response, $server, $request ) {
		unset( $server );
		if ( ! self::is_ours( $request ) ) {
			return $response;
		}
		$response->header( 'Cache-Control', 'no-store, private' );
		$response->header( 'X-Content-Type-Options', 'nosniff' );
		if ( $response->get_status() < 400 ) {
			return $response;
		}
		$error = (array) $response->get_data();
		$code  = (string) ( $error['code'] ?? 'internal_error' );
		$wait  = $error['data']['retry_after'] ?? null;
		if ( 'rest_cookie_invalid_nonce' === $code ) {
			// The page is older than its nonce, or came from a cache.
			$code = 'visitor_denied';
		}
		$response->header( 'Content-Type', 'application/problem+json' );
		if ( null !== $wait ) {
			$response->header( 'Retry-After', (string) (int) $wait );
		}
		$response->set_data(
			array(
				'type'   => 'urn:voice-agent-element:problem:' . $code,
				'title'  => (string) ( $error['message'] ?? '' ),
				'status' => $response->get_status(),
				'code'   => $code,
			)
		);
		return $response;
	}

	/**
	 * Sends text as it is.
	 *
	 * @param bool             $served   Whether the response was sent.
	 * @param WP_HTTP_Response $response The response.
	 * @param WP_REST_Request  $request  The request.
	 */
	public static function serve_text( $served, $response, $request ): bool {
		$type = $response->get_headers()['Content-Type'] ?? '';
		if ( $served || ! self::is_ours( $request ) || ! in_array( $type, self::TEXT, true ) ) {
			return (bool) $served;
		}
		// Not HTML: the content type is one of the above, and browsers are told not to guess.
		echo $response->get_data(); // phpcs:ignore WordPress.Security.EscapeOutput
		return true;
	}

	/**
	 * Accepts `/index.php/wp-json/…` on sites with plain permalinks, where WordPress knows only `?rest_route=`. The widget appends names to the
	 * path of its address.
	 *
	 * @param \WP $wp The request.
	 */
	public static function find_without_permalinks( $wp ): void {
		$path = isset( $_SERVER['PATH_INFO'] ) ? sanitize_text_field( wp_unslash( $_SERVER['PATH_INFO'] ) ) : '';
		if ( '' === (string) get_option( 'permalink_structure' ) && 0 === strpos( $path, '/wp-json/' . Rest_Routes::NAMESPACE . '/' ) ) {
			$wp->query_vars['rest_route'] = substr( $path, strlen( '/wp-json' ) );
		}
	}

	/**
	 * Address of a route.
	 *
	 * @param string $path Path below the namespace, without a slash at its start.
	 */
	public static function address( string $path ): string {
		$below = Rest_Routes::NAMESPACE . '/' . $path;
		return '' === (string) get_option( 'permalink_structure' ) ? site_url( '/index.php/wp-json/' . $below ) : rest_url( $below );
	}

	/**
	 * Whether a request is for a route of this plug-in.
	 *
	 * @param mixed $request The request.
	 */
	private static function is_ours( $request ): bool {
		return $request instanceof WP_REST_Request && 0 === strpos( $request->get_route(), '/' . Rest_Routes::NAMESPACE . '/' );
	}
}
