<?php
/**
 * Functions of the site that the agent may call in the visitor's page. All are off by default, and the visitor approves each use. They do
 * only what the visitor's own browser may do.
 *
 * Does not own: their code, which is in the page (`scripts/site-tools.ts`).
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
	 * Attributes of the tag: which tools are on, and the addresses that they request.
	 *
	 * @return array<string, string>
	 */
	public static function attributes(): array {
		$on = array_keys( array_filter( array_intersect_key( Settings::get( 'tools' ), self::labels() ) ) );
		if ( ! $on ) {
			return array();
		}
		return array(
			'data-tools' => implode( ' ', $on ),
			'data-rest'  => rest_url(),
		);
	}

	/**
	 * Label and text of each tool that this site can have.
	 *
	 * @return array<string, array{0: string, 1: string}>
	 */
	private static function labels(): array {
		$labels = array(
			'search' => array( __( 'Search', 'voice-agent' ), __( 'The agent may search published posts and pages.', 'voice-agent' ) ),
			'open'   => array( __( 'Open a page', 'voice-agent' ), __( 'The agent may open a page of this site. The call ends when the page changes.', 'voice-agent' ) ),
		);
		if ( class_exists( 'WooCommerce' ) ) {
			$labels['order'] = array( __( 'Order status', 'voice-agent' ), __( 'The agent may look up an order by its number, key and billing address, which only the customer knows.', 'voice-agent' ) );
		}
		if ( function_exists( 'wp_get_abilities' ) ) {
			$labels['abilities'] = array( __( 'Abilities', 'voice-agent' ), __( 'The agent may use the abilities that WordPress and plug-ins offer to the visitor.', 'voice-agent' ) );
		}
		return $labels;
	}
}
