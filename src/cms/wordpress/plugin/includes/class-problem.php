<?php
/**
 * Refusals: codes, statuses and public texts, the same as those of the project's Node server. `Rest_Responses` sends them as problem
 * details (RFC 9457).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

use WP_Error;

defined( 'ABSPATH' ) || exit;

/** Refusals by code. */
final class Problem {
	/** Status of each code. */
	private const STATUS = array(
		'origin_missing'         => 403,
		'origin_denied'          => 403,
		'visitor_missing'        => 401,
		'visitor_denied'         => 403,
		'body_invalid'           => 400,
		'media_type_unsupported' => 415,
		'offer_rejected'         => 422,
		'profile_unknown'        => 404,
		'call_unknown'           => 404,
		'not_found'              => 404,
		'body_too_large'         => 413,
		'rate_limited'           => 429,
		'budget_spent'           => 429,
		'all_busy'               => 429,
		'state_unavailable'      => 503,
		'upstream_failed'        => 502,
		'upstream_unavailable'   => 503,
		'upstream_timeout'       => 504,
	);

	/**
	 * The error of a refusal.
	 *
	 * @param string   $code        A key of `STATUS`.
	 * @param int|null $retry_after Seconds until a retry makes sense.
	 */
	public static function error( string $code, ?int $retry_after = null ): WP_Error {
		return new WP_Error(
			$code,
			self::text( $code ),
			array(
				'status'      => self::STATUS[ $code ],
				'retry_after' => $retry_after,
			)
		);
	}

	/**
	 * Public text of a refusal.
	 *
	 * @param string $code A key of `STATUS`.
	 */
	private static function text( string $code ): string {
		switch ( $code ) {
			case 'origin_missing':
			case 'origin_denied':
				return __( 'Only pages of this site can place calls.', 'voice-agent' );
			case 'visitor_missing':
				return __( 'Log in to place a call.', 'voice-agent' );
			case 'visitor_denied':
				return __( 'This call is not allowed. Reload the page and try again.', 'voice-agent' );
			case 'rate_limited':
			case 'all_busy':
				return __( 'Too many calls at the moment. Try again later.', 'voice-agent' );
			case 'budget_spent':
				return __( 'No more calls are available today.', 'voice-agent' );
			case 'profile_unknown':
				return __( 'This agent does not exist.', 'voice-agent' );
			case 'call_unknown':
			case 'not_found':
				return __( 'This call does not exist.', 'voice-agent' );
			case 'body_invalid':
			case 'body_too_large':
			case 'media_type_unsupported':
			case 'offer_rejected':
				return __( 'The offer of the call was refused.', 'voice-agent' );
			default:
				return __( 'Calls are temporarily unavailable.', 'voice-agent' );
		}
	}
}
