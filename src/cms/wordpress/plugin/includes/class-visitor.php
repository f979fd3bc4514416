<?php
/**
 * Who sends a request: a user, or an address. Names and addresses are stored and sent only as keyed hashes.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** The visitor of the current request. */
final class Visitor {
	/** Hash that identifies the visitor: the user, otherwise the network address. 32 characters. */
	public static function id(): string {
		$user = get_current_user_id();
		return self::hash( $user ? 'user:' . $user : 'address:' . self::network() );
	}

	/** Hash of the network address. */
	public static function address_id(): string {
		return self::hash( 'address:' . self::network() );
	}

	/**
	 * Hash that a user has as a visitor.
	 *
	 * @param int $user_id ID of the user.
	 */
	public static function id_of_user( int $user_id ): string {
		return self::hash( 'user:' . $user_id );
	}

	/**
	 * How many calls this visitor may have at once. Loopback and private addresses may be all visitors behind a proxy, so they have no limit
	 * of their own.
	 */
	public static function seats(): int {
		if ( get_current_user_id() ) {
			return (int) Settings::get( 'places_per_user' );
		}
		$public = filter_var( self::address(), FILTER_VALIDATE_IP, FILTER_FLAG_NO_PRIV_RANGE | FILTER_FLAG_NO_RES_RANGE );
		return (int) Settings::get( $public ? 'places_per_address' : 'places' );
	}

	/** The client's address: of the connection, or what the owner's own proxies report. `''` if unknown. */
	public static function address(): string {
		$proxies = (int) Settings::get( 'trusted_proxies' );
		$address = isset( $_SERVER['REMOTE_ADDR'] ) ? sanitize_text_field( wp_unslash( $_SERVER['REMOTE_ADDR'] ) ) : '';
		if ( $proxies > 0 && isset( $_SERVER['HTTP_X_FORWARDED_FOR'] ) ) {
			$hops    = array_map( 'trim', explode( ',', sanitize_text_field( wp_unslash( $_SERVER['HTTP_X_FORWARDED_FOR'] ) ) ) );
			$address = $hops[ count( $hops ) - $proxies ] ?? $address;
		}
		return false === filter_var( $address, FILTER_VALIDATE_IP ) ? '' : $address;
	}

	/** The address that counts: IPv4, or the /64 of an IPv6 address, whose other bits a host can change at will. */
	public static function network(): string {
		$bytes = '' === self::address() ? false : inet_pton( self::address() );
		if ( false === $bytes ) {
			return '';
		}
		if ( 16 === strlen( $bytes ) && "\0\0\0\0\0\0\0\0\0\0\xff\xff" === substr( $bytes, 0, 12 ) ) {
			$bytes = substr( $bytes, 12 );
		}
		return bin2hex( 4 === strlen( $bytes ) ? $bytes : substr( $bytes, 0, 8 ) );
	}

	/**
	 * Keyed hash of a text.
	 *
	 * @param string $text The text.
	 */
	private static function hash( string $text ): string {
		return substr( hash_hmac( 'sha256', $text, wp_salt( 'nonce' ) ), 0, 32 );
	}
}
