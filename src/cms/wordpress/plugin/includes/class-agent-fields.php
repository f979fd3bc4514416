<?php
/**
 * The fields of the agents on the settings page: one section for each, and an empty one for a further agent.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Fields of agents. */
final class Agent_Fields {
	/**
	 * Prints the sections.
	 *
	 * @param array<string, array> $agents Agents by name.
	 */
	public static function show( array $agents ): void {
		$index = 0;
		foreach ( $agents as $name => $agent ) {
			self::section( (string) $index++, (string) $name, $agent );
		}
		echo '<details><summary>' . esc_html__( 'Add another agent', 'voice-agent' ) . '</summary>';
		self::section( (string) $index, '', Agents::defaults() );
		echo '</details>';
	}

	/**
	 * Prints one agent.
	 *
	 * @param string $index Position in the form.
	 * @param string $name  Name; `''` for a new one.
	 * @param array  $agent The agent.
	 */
	private static function section( string $index, string $name, array $agent ): void {
		$field = 'agents][' . $index . '][';
		/* translators: %s: name of an agent. */
		Form::begin( '' === $name ? __( 'New agent', 'voice-agent' ) : sprintf( __( 'Agent “%s”', 'voice-agent' ), $name ) );
		if ( 'default' === $name ) {
			printf( '<input type="hidden" name="%s[agents][%s][name]" value="default">', esc_attr( Settings::OPTION ), esc_attr( $index ) );
		} else {
			Form::text( $field . 'name', __( 'Name in shortcodes', 'voice-agent' ), $name, __( 'Lower-case letters, digits and hyphens.', 'voice-agent' ) );
		}
		Form::text( $field . 'heading', __( 'Name that visitors see', 'voice-agent' ), $agent['heading'], '' );
		Form::area( $field . 'instructions', __( 'Instructions', 'voice-agent' ), $agent['instructions'], __( 'Who the agent is and what it helps with. Do not write secrets here: visitors can get the agent to repeat them.', 'voice-agent' ) );
		Form::text( $field . 'model', __( 'Model', 'voice-agent' ), $agent['model'], '' );
		Form::text( $field . 'voice', __( 'Voice', 'voice-agent' ), $agent['voice'], '' );
		Form::text( $field . 'transcription', __( 'Model that transcribes visitors', 'voice-agent' ), $agent['transcription'], __( 'Leave empty to show no text of what visitors say.', 'voice-agent' ) );
		Form::choice(
			$field . 'who',
			__( 'Who can call', 'voice-agent' ),
			$agent['who'],
			array(
				'everyone' => __( 'All visitors', 'voice-agent' ),
				'users'    => __( 'Users who are logged in', 'voice-agent' ),
				'roles'    => __( 'Users with one of these roles', 'voice-agent' ),
			)
		);
		Form::boxes( $field . 'roles', __( 'Roles', 'voice-agent' ), $agent['roles'], Launcher_Fields::roles() );
		if ( '' !== $name && 'default' !== $name ) {
			Form::checkbox( $field . 'remove', __( 'Remove', 'voice-agent' ), false, __( 'Remove this agent', 'voice-agent' ) );
		}
		Form::end();
	}
}
