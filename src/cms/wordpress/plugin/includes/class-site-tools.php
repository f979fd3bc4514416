<?php
/**
 * Functions of the site that the agent may call in the visitor's page. All are off by default, and the visitor approves each use.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Tools of the site. */
final class Site_Tools {
	/**
	 * The fields of the settings page.
	 *
	 * @param array<string, bool> $tools Which tools are on.
	 */
	public static function show_fields( array $tools ): void {
		Form::begin( __( 'Functions of this site', 'voice-agent' ) );
		foreach ( self::labels() as $name => $label ) {
			Form::checkbox( 'tools][' . $name, $label[0], $tools[ $name ], $label[1] );
		}
		Form::end();
	}

	/**
	 * Label and text of each tool.
	 *
	 * @return array<string, array{0: string, 1: string}>
	 */
	private static function labels(): array {
		return array(
			'search' => array( __( 'Search', 'voice-agent' ), __( 'The agent may search published posts and pages.', 'voice-agent' ) ),
			'open'   => array( __( 'Open a page', 'voice-agent' ), __( 'The agent may open a page of this site, which ends the call.', 'voice-agent' ) ),
		);
	}
}
