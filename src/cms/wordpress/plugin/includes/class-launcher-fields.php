<?php
/**
 * The rules of the site-wide launcher on the settings page.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Fields of the launcher. */
final class Launcher_Fields {
	/**
	 * Prints the section.
	 *
	 * @param array    $rules  The rules.
	 * @param string[] $agents Names of agents.
	 */
	public static function show( array $rules, array $agents ): void {
		Form::begin( __( 'Floating button', 'voice-agent' ) );
		Form::checkbox( 'launcher][on', __( 'Show', 'voice-agent' ), (bool) $rules['on'], __( 'Show a floating button on the whole site', 'voice-agent' ) );
		Form::choice( 'launcher][agent', __( 'Agent', 'voice-agent' ), $rules['agent'], array_combine( $agents, $agents ) );
		Form::choice(
			'launcher][placement',
			__( 'Position', 'voice-agent' ),
			$rules['placement'],
			array(
				'bottom-end'   => __( 'Bottom, end of the line', 'voice-agent' ),
				'bottom-start' => __( 'Bottom, start of the line', 'voice-agent' ),
				'top-end'      => __( 'Top, end of the line', 'voice-agent' ),
				'top-start'    => __( 'Top, start of the line', 'voice-agent' ),
			)
		);
		Form::choice(
			'launcher][visitors',
			__( 'Show it to', 'voice-agent' ),
			$rules['visitors'],
			array(
				'all' => __( 'All visitors', 'voice-agent' ),
				'in'  => __( 'Users who are logged in', 'voice-agent' ),
				'out' => __( 'Visitors who are not logged in', 'voice-agent' ),
			)
		);
		Form::boxes( 'launcher][roles', __( 'Only for these roles', 'voice-agent' ), $rules['roles'], self::roles() );
		Form::boxes( 'launcher][types', __( 'Only on these types of content', 'voice-agent' ), $rules['types'], self::types() );
		Form::text( 'launcher][only', __( 'Only on these posts and pages', 'voice-agent' ), $rules['only'], __( 'IDs, separated by commas.', 'voice-agent' ) );
		Form::text( 'launcher][except', __( 'Not on these posts and pages', 'voice-agent' ), $rules['except'], __( 'IDs, separated by commas.', 'voice-agent' ) );
		Form::end();
	}

	/** Names of roles by key. */
	public static function roles(): array {
		return array_map( 'translate_user_role', wp_roles()->get_names() );
	}

	/** Names of public post types by key. */
	private static function types(): array {
		return wp_list_pluck( get_post_types( array( 'public' => true ), 'objects' ), 'label' );
	}
}
