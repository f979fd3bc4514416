<?php
/**
 * The proof with which the owner's own voice-agent server knows the visitor: a token (JWT, HS256) that names a logged-in user or no
 * user, is valid for two minutes and for one call.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Signs proofs. */
final class Visitor_Proof {
	private const LIFETIME = 120;

	/** A proof for the current user. Visitors who are not logged in have no `sub`, and the server counts them by address. */
	public static function sign(): string {
		$now    = time();
		$claims = array(
			'iss' => home_url(),
			'aud' => Settings::get( 'server_audience' ),
			'iat' => $now,
			'exp' => $now + self::LIFETIME,
			'jti' => wp_generate_uuid4(),
		);
		if ( get_current_user_id() ) {
			// Not the login name or address: the server needs only to tell users apart.
			$claims['sub'] = Visitor::id();
		}
		$signed = self::part( (string) wp_json_encode( array( 'alg' => 'HS256', 'typ' => 'JWT' ) ) ) . '.' . self::part( (string) wp_json_encode( $claims ) );
		return $signed . '.' . self::part( hash_hmac( 'sha256', $signed, Secrets::get( 'server_secret' ), true ) );
	}

	/**
	 * Base64 for addresses, without padding (RFC 7515).
	 *
	 * @param string $bytes Any bytes.
	 */
	private static function part( string $bytes ): string {
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions -- the encoding of JSON Web Tokens.
		return rtrim( strtr( base64_encode( $bytes ), '+/', '-_' ), '=' );
	}
}
