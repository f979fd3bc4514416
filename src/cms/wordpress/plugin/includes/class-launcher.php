<?php
/**
 * The floating launcher on all pages that its rules allow.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Site-wide launcher. */
final class Launcher {
	/** Adds the hooks. */
	public static function register(): void {
		// Before scripts of the footer are printed (20).
		add_action( 'wp_footer', array( self::class, 'show' ), 5 );
	}

	/** Prints the tag. */
	public static function show(): void {
		$rules = Settings::get( 'launcher' );
		if ( ! $rules['on'] || ! self::is_for_visitor( $rules ) || ! self::is_for_page( $rules ) ) {
			return;
		}
		$tag = array(
			'agent'     => $rules['agent'],
			'placement' => $rules['placement'],
		);
		// Every attribute is escaped by `Widget_Tag`; `wp_kses()` would remove the unknown tag.
		echo Widget_Tag::html( $tag ); // phpcs:ignore WordPress.Security.EscapeOutput
	}

	/**
	 * Whether the rules allow the current user.
	 *
	 * @param array $rules The rules.
	 */
	public static function is_for_visitor( array $rules ): bool {
		$known = is_user_logged_in();
		if ( ( 'in' === $rules['visitors'] && ! $known ) || ( 'out' === $rules['visitors'] && $known ) ) {
			return false;
		}
		return ! $known || ! $rules['roles'] || array_intersect( $rules['roles'], wp_get_current_user()->roles );
	}

	/**
	 * Whether the rules allow the current page.
	 *
	 * @param array $rules The rules.
	 */
	public static function is_for_page( array $rules ): bool {
		$id     = is_singular() ? (int) get_queried_object_id() : 0;
		$only   = wp_parse_id_list( $rules['only'] );
		$except = wp_parse_id_list( $rules['except'] );
		if ( $id && in_array( $id, $except, true ) ) {
			return false;
		}
		if ( $only ) {
			return $id && in_array( $id, $only, true );
		}
		return ! $rules['types'] || ( $id && in_array( get_post_type( $id ), $rules['types'], true ) );
	}
}
