<?php
/**
 * Deletes everything that the plug-in stored: tables, options, the scheduled event, results of connection tests. On a network, of every site.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

require_once __DIR__ . '/includes/autoload.php';

/** Cleans up the current site. */
function uninstall_site(): void {
	global $wpdb;
	Call_Schedule::clear();
	Database::drop();
	foreach ( array( Settings::OPTION, Secrets::option( 'api_key' ), Secrets::option( 'server_secret' ) ) as $option ) {
		delete_option( $option );
	}
	// phpcs:ignore WordPress.DB -- transients cannot be deleted by a part of their name.
	$wpdb->query( "DELETE FROM {$wpdb->options} WHERE option_name LIKE '\\_transient%\\_voice\\_agent\\_test\\_%'" );
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $voice_agent_site ) {
		switch_to_blog( $voice_agent_site );
		uninstall_site();
		restore_current_blog();
	}
} else {
	uninstall_site();
}
