<?php
/**
 * Connects the parts of the plug-in to WordPress.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Registers all hooks. */
final class Plugin {
	/** Runs on `plugins_loaded`. */
	public static function start(): void {
		Database::update();
		add_action( 'init', array( self::class, 'load_translations' ) );
		add_action( Call_Schedule::HOOK, array( Call_Schedule::class, 'run' ) );
		foreach ( array( Rest_Routes::class, Rest_Responses::class, Page_Requests::class, Widget_Tag::class, Block::class, Launcher::class, Optimizers::class, Privacy::class ) as $part ) {
			$part::register();
		}
		if ( is_admin() ) {
			Settings_Page::register();
			Connection_Test::register();
		}
	}

	/** Loads the translations that are part of the plug-in. */
	public static function load_translations(): void {
		load_plugin_textdomain( 'voice-agent', false, dirname( plugin_basename( PLUGIN_FILE ) ) . '/languages' );
	}

	/** Creates the tables. On a network, the other sites create theirs on their first request. */
	public static function activate(): void {
		Database::update();
	}

	/** Ends all calls, because nothing would end them later, and removes the scheduled event. */
	public static function deactivate(): void {
		foreach ( Live_Calls::all() as $call ) {
			Call_Desk::end( $call );
		}
		Call_Schedule::clear();
	}
}
