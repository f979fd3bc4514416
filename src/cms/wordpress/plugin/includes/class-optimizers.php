<?php
/**
 * Asks cache and optimizer plug-ins to leave the widget's files alone: their chunks find each other by their addresses. The page's script also
 * works if it is moved, combined, minified, deferred or delayed.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Attributes and filters that such plug-ins respect. */
final class Optimizers {
	private const ATTRIBUTES = 'data-no-optimize="1" data-no-defer="1" data-no-minify="1" data-cfasync="false" nowprocket';
	private const PATH       = '/voice-agent/assets/';

	/** Adds the hooks. */
	public static function register(): void {
		add_filter( 'script_loader_tag', array( self::class, 'mark' ), 10, 2 );
		// WP Rocket and LiteSpeed Cache: lists of parts of addresses.
		foreach ( array( 'rocket_exclude_js', 'rocket_delay_js_exclusions', 'rocket_exclude_defer_js', 'litespeed_optimize_js_excludes', 'litespeed_optm_js_defer_exc' ) as $filter ) {
			add_filter( $filter, array( self::class, 'add_path' ) );
		}
		// Autoptimize: a text with commas.
		add_filter( 'autoptimize_filter_js_exclude', array( self::class, 'add_to_text' ) );
	}

	/**
	 * Marks the script.
	 *
	 * @param mixed $tag    The script tag.
	 * @param mixed $handle Name of the script.
	 */
	public static function mark( $tag, $handle ) {
		return Widget_Tag::SCRIPT === $handle ? str_replace( '<script ', '<script ' . self::ATTRIBUTES . ' ', (string) $tag ) : $tag;
	}

	/**
	 * Adds the path to a list.
	 *
	 * @param mixed $list List of parts of addresses.
	 */
	public static function add_path( $list ): array {
		return array_merge( is_array( $list ) ? $list : array(), array( self::PATH ) );
	}

	/**
	 * Adds the path to a text.
	 *
	 * @param mixed $text Text with commas, or a list.
	 * @return mixed
	 */
	public static function add_to_text( $text ) {
		return is_array( $text ) ? self::add_path( $text ) : ltrim( $text . ', ' . self::PATH, ', ' );
	}
}
