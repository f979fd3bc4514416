<?php
/**
 * The routes of the widget below `/wp-json/voice-agent/v1`: `call` places a call, `call/<name>` ends it, `call/<name>/notices` reports its
 * limit, `call/<name>/activity` confirms that the visitor is there, `token` creates a key.
 *
 * Does not own: the form of responses (`Rest_Responses`), checks (`Guards`).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

defined( 'ABSPATH' ) || exit;

/** Handlers of the routes. */
final class Rest_Routes {
	public const NAMESPACE = 'voice-agent/v1';
	private const MAX_OFFER_BYTES = 65536;
	private const MAX_LINE        = 2048;
	private const NAME            = '(?P<id>[0-9a-f]{32})';
	/** Seconds between two requests for notices. */
	private const NOTICE_PAUSE = 20;
	/** Seconds before the end at which visitors are warned. */
	private const WARNING = 15;

	/** Adds the hooks. */
	public static function register(): void {
		add_action( 'rest_api_init', array( self::class, 'add_routes' ) );
	}

	/** Registers the routes. */
	public static function add_routes(): void {
		$same_site = array( Guards::class, 'same_site' );
		self::route( '/call', 'POST', 'place', $same_site );
		self::route( '/token', 'POST', 'create_key', $same_site );
		self::route( '/call/' . self::NAME, 'DELETE', 'hang_up', $same_site );
		self::route( '/call/' . self::NAME . '/activity', 'POST', 'note_activity', $same_site );
		// Browsers send no origin with a GET request of the same site. The name of the call, 128 random bits, grants access.
		self::route( '/call/' . self::NAME . '/notices', 'GET', 'notices', '__return_true' );
	}

	/**
	 * `POST /call`: SDP offer in, SDP answer out.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function place( WP_REST_Request $request ) {
		$found = self::agent( $request );
		if ( is_wp_error( $found ) ) {
			return $found;
		}
		list( $name, $agent ) = $found;
		if ( 'application/sdp' !== ( $request->get_content_type()['value'] ?? '' ) ) {
			return Problem::error( 'media_type_unsupported' );
		}
		$sdp = $request->get_body();
		if ( strlen( $sdp ) > self::MAX_OFFER_BYTES ) {
			return Problem::error( 'body_too_large' );
		}
		if ( ! self::is_offer( $sdp ) ) {
			return Problem::error( 'body_invalid' );
		}
		$call = Call_Desk::place( $name, $agent, $sdp );
		if ( is_wp_error( $call ) ) {
			return $call;
		}
		$response = new WP_REST_Response( $call['answer'], 201 );
		$response->header( 'Content-Type', 'application/sdp' );
		$response->header( 'Location', rest_url( self::NAMESPACE . '/call/' . $call['id'] ) );
		$response->header( 'Voice-Call-Limits', 'seconds=' . $call['seconds'] );
		return $response;
	}

	/**
	 * `POST /token`: a key for calls that the page opens itself. Off by default.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function create_key( WP_REST_Request $request ) {
		if ( ! Settings::get( 'keys' ) ) {
			return Problem::error( 'not_found' );
		}
		$found = self::agent( $request );
		if ( is_wp_error( $found ) ) {
			return $found;
		}
		$key = Call_Desk::create_key( $found[0], $found[1] );
		return is_wp_error( $key ) ? $key : new WP_REST_Response( $key );
	}

	/**
	 * `DELETE /call/<name>`: hangs up.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function hang_up( WP_REST_Request $request ) {
		$call = Live_Calls::find( (string) $request['id'] );
		if ( ! $call ) {
			return Problem::error( 'call_unknown' );
		}
		Call_Desk::end( $call );
		return new WP_REST_Response( null, 204 );
	}

	/**
	 * `POST /call/<name>/activity`: the visitor is still there.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function note_activity( WP_REST_Request $request ) {
		if ( ! Live_Calls::find( (string) $request['id'] ) ) {
			return Problem::error( 'call_unknown' );
		}
		Live_Calls::seen( (string) $request['id'] );
		return new WP_REST_Response( null, 204 );
	}

	/**
	 * `GET /call/<name>/notices`: a short event stream that ends at once and states when to ask again. A stream for the whole call would
	 * occupy one of the host's few PHP processes. Each request also ends calls that are due.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function notices( WP_REST_Request $request ) {
		Live_Calls::seen( (string) $request['id'] );
		$call = Live_Calls::find( (string) $request['id'] );
		if ( ! $call ) {
			return Problem::error( 'call_unknown' );
		}
		Call_Desk::sweep( 2 );
		$left   = (int) $call['deadline'] - time();
		$notice = null;
		if ( $left <= 0 ) {
			$notice = array(
				'type'   => 'ended',
				'reason' => 'duration',
			);
		} elseif ( $left <= self::WARNING ) {
			$notice = array(
				'type'    => 'ending',
				'reason'  => 'duration',
				'seconds' => $left,
			);
		}
		$pause = $left <= self::WARNING ? $left + 1 : min( self::NOTICE_PAUSE, $left - self::WARNING );
		$text  = 'retry: ' . 1000 * max( 1, $pause ) . "\n\n" . ( $notice ? 'data: ' . wp_json_encode( $notice ) . "\n\n" : '' );

		$response = new WP_REST_Response( $text );
		$response->header( 'Content-Type', 'text/event-stream' );
		return $response;
	}

	/**
	 * The agent that a request names, after all checks of the visitor.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return array{0: string, 1: array}|WP_Error
	 */
	private static function agent( WP_REST_Request $request ) {
		$name  = $request->get_param( 'profile' );
		$name  = is_string( $name ) && '' !== $name ? $name : 'default';
		$agent = Agents::find( $name );
		if ( ! $agent ) {
			return Problem::error( 'profile_unknown' );
		}
		if ( 'site' !== Settings::get( 'server' ) || '' === Secrets::get( 'api_key' ) ) {
			return Problem::error( 'upstream_unavailable' );
		}
		$refused = Guards::visitor( $agent );
		return $refused ? $refused : array( $name, $agent );
	}

	/**
	 * Whether the text is an SDP offer with audio (RFC 8866: `v=0` comes first; each line starts with one letter and `=`).
	 *
	 * @param string $sdp The text.
	 */
	private static function is_offer( string $sdp ): bool {
		if ( ! seems_utf8( $sdp ) || ! preg_match( '/^v=0\r?\n/', $sdp ) || ! preg_match( '/^m=audio /m', $sdp ) ) {
			return false;
		}
		foreach ( preg_split( '/\r?\n/', rtrim( $sdp, "\r\n" ) ) as $line ) {
			if ( strlen( $line ) > self::MAX_LINE || ! preg_match( '/^[a-z]=[^\x00-\x08\x0b-\x1f\x7f]*$/D', $line ) ) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Registers one route. If the database fails, it answers 503.
	 *
	 * @param string   $path       Path below the namespace.
	 * @param string   $method     HTTP method.
	 * @param string   $handler    A method of this class.
	 * @param callable $permission Check before the handler.
	 */
	private static function route( string $path, string $method, string $handler, callable $permission ): void {
		register_rest_route(
			self::NAMESPACE,
			$path,
			array(
				'methods'             => $method,
				'permission_callback' => $permission,
				'show_in_index'       => false,
				'callback'            => static function ( WP_REST_Request $request ) use ( $handler ) {
					try {
						return self::$handler( $request );
					} catch ( State_Unavailable $error ) {
						return Problem::error( 'state_unavailable', MINUTE_IN_SECONDS );
					}
				},
			)
		);
	}
}
