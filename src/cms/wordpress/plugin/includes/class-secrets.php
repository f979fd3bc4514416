<?php
/**
 * The API key, and the secret shared with the owner's voice-agent server.
 *
 * Sources in this order: a constant of `wp-config.php`, the environment, an option that is encrypted with a key derived from the site's
 * salts. No method returns a secret for display.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Secrets by name: `api_key`, `server_secret`. */
final class Secrets {
	private const PLACES = array(
		'api_key'       => array( 'VOICE_AGENT_API_KEY', 'OPENAI_API_KEY' ),
		'server_secret' => array( 'VOICE_AGENT_SERVER_SECRET' ),
	);

	/**
	 * The secret, or `''`.
	 *
	 * @param string $name Name of the secret.
	 */
	public static function get( string $name ): string {
		foreach ( self::PLACES[ $name ] as $place ) {
			if ( defined( $place ) && is_string( constant( $place ) ) && '' !== constant( $place ) ) {
				return constant( $place );
			}
		}
		foreach ( self::PLACES[ $name ] as $place ) {
			$value = getenv( $place );
			if ( is_string( $value ) && '' !== $value ) {
				return $value;
			}
		}
		return self::decrypt( (string) get_option( self::option( $name ), '' ) );
	}

	/**
	 * Where the secret comes from: `constant`, `environment`, `option`, `unreadable` (the salts have changed), or `''`.
	 *
	 * @param string $name Name of the secret.
	 */
	public static function source( string $name ): string {
		foreach ( self::PLACES[ $name ] as $place ) {
			if ( defined( $place ) && '' !== constant( $place ) ) {
				return 'constant';
			}
		}
		foreach ( self::PLACES[ $name ] as $place ) {
			if ( getenv( $place ) ) {
				return 'environment';
			}
		}
		$stored = (string) get_option( self::option( $name ), '' );
		if ( '' === $stored ) {
			return '';
		}
		return '' === self::decrypt( $stored ) ? 'unreadable' : 'option';
	}

	/**
	 * Stores a secret, encrypted; `''` deletes it.
	 *
	 * @param string $name  Name of the secret.
	 * @param string $value The secret.
	 */
	public static function store( string $name, string $value ): void {
		if ( '' === $value ) {
			delete_option( self::option( $name ) );
			return;
		}
		update_option( self::option( $name ), self::encrypt( $value ), false );
	}

	/**
	 * Name of the option.
	 *
	 * @param string $name Name of the secret.
	 */
	public static function option( string $name ): string {
		return 'voice_agent_' . $name;
	}

	/**
	 * Encrypts a text.
	 *
	 * @param string $text The text.
	 */
	private static function encrypt( string $text ): string {
		$nonce = random_bytes( SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions -- binary data in an option.
		return base64_encode( $nonce . sodium_crypto_secretbox( $text, $nonce, self::key() ) );
	}

	/**
	 * The text; `''` if it was encrypted with other salts.
	 *
	 * @param string $stored Result of `encrypt()`.
	 */
	private static function decrypt( string $stored ): string {
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions -- binary data in an option.
		$bytes = (string) base64_decode( $stored, true );
		if ( strlen( $bytes ) <= SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ) {
			return '';
		}
		$nonce = substr( $bytes, 0, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		$text  = sodium_crypto_secretbox_open( substr( $bytes, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ), $nonce, self::key() );
		return false === $text ? '' : $text;
	}

	/** Key of the encryption: 32 bytes. */
	private static function key(): string {
		return hash_hmac( 'sha256', 'voice-agent secrets', wp_salt( 'auth' ) . wp_salt( 'secure_auth' ), true );
	}
}
