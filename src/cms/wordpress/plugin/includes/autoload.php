<?php
/**
 * Finds the file of a class: `VoiceAgent\Rest_Routes` is in `class-rest-routes.php`.
 *
 * @package VoiceAgent
 */

defined( 'ABSPATH' ) || exit;

spl_autoload_register(
	static function ( string $name ): void {
		if ( 0 !== strpos( $name, 'VoiceAgent\\' ) ) {
			return;
		}
		$file = __DIR__ . '/class-' . strtolower( str_replace( '_', '-', substr( $name, strlen( 'VoiceAgent\\' ) ) ) ) . '.php';
		if ( is_readable( $file ) ) {
			require_once $file;
		}
	}
);
