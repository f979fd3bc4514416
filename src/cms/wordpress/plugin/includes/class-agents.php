<?php
/**
 * The agents of the site: model, voice, instructions, and who may call them. Pages select one by name and cannot change it.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Agents by name. */
final class Agents {
	private const LONGEST_INSTRUCTIONS = 20000;
	/** Tokens of one answer, which bounds what a single answer can cost. */
	private const MAX_ANSWER_TOKENS = 4096;

	/** The settings of a new agent. */
	public static function defaults(): array {
		return array(
			'heading'       => '',
			'model'         => 'gpt-realtime-2.1',
			'voice'         => 'marin',
			'instructions'  => '',
			'transcription' => 'gpt-transcribe',
			'who'           => 'everyone',
			'roles'         => array(),
		);
	}

	/** All agents, with defaults for missing settings. */
	public static function all(): array {
		$agents = array();
		foreach ( (array) Settings::get( 'agents' ) as $name => $agent ) {
			$agents[ $name ] = array_merge( self::defaults(), (array) $agent );
		}
		return $agents;
	}

	/**
	 * The agent of this name.
	 *
	 * @param string $name Name of the agent.
	 */
	public static function find( string $name ): ?array {
		return self::all()[ $name ] ?? null;
	}

	/**
	 * Whether the current user may call this agent.
	 *
	 * @param array $agent The agent.
	 * @return string `''` if so; `login` if logging in may help; `role` if the user's role is not allowed.
	 */
	public static function refusal( array $agent ): string {
		if ( 'everyone' === $agent['who'] ) {
			return '';
		}
		if ( ! is_user_logged_in() ) {
			return 'login';
		}
		return 'users' === $agent['who'] || array_intersect( $agent['roles'], wp_get_current_user()->roles ) ? '' : 'role';
	}

	/**
	 * The session object of a call with this agent.
	 *
	 * @param array $agent The agent.
	 */
	public static function session( array $agent ): array {
		$session = array(
			'type'              => 'realtime',
			'model'             => $agent['model'],
			'max_output_tokens' => self::MAX_ANSWER_TOKENS,
		);
		if ( '' !== $agent['instructions'] ) {
			$session['instructions'] = $agent['instructions'];
		}
		if ( '' !== $agent['voice'] ) {
			$session['audio']['output'] = array( 'voice' => $agent['voice'] );
		}
		if ( '' !== $agent['transcription'] ) {
			$session['audio']['input'] = array( 'transcription' => array( 'model' => $agent['transcription'] ) );
		}
		/**
		 * Filters the session object of a call, as described in the reference of the Realtime API.
		 *
		 * @param array $session The session.
		 * @param array $agent   The agent's settings.
		 */
		return (array) apply_filters( 'voice_agent_session', $session, $agent );
	}

	/**
	 * Validates the agents of the settings page: a list of rows with a `name`, or agents by name. `default` always exists.
	 *
	 * @param mixed $input What the page sent.
	 */
	public static function sanitize( $input ): array {
		$agents = array();
		foreach ( is_array( $input ) ? $input : array() as $key => $row ) {
			$row  = is_array( $row ) ? $row : array();
			$name = substr( trim( preg_replace( '/[^a-z0-9-]+/', '-', strtolower( (string) ( $row['name'] ?? $key ) ) ), '-' ), 0, 40 );
			if ( '' === $name || isset( $agents[ $name ] ) || ! empty( $row['remove'] ) ) {
				continue;
			}
			$agents[ $name ] = self::agent( $row );
		}
		return array_merge( array( 'default' => self::defaults() ), $agents );
	}

	/**
	 * The given roles that exist.
	 *
	 * @param mixed $roles List of role names.
	 * @return string[]
	 */
	public static function known_roles( $roles ): array {
		return array_values( array_intersect( array_map( 'strval', is_array( $roles ) ? $roles : array() ), array_keys( wp_roles()->roles ) ) );
	}

	/**
	 * Validates one agent.
	 *
	 * @param array $row Fields of the settings page.
	 */
	private static function agent( array $row ): array {
		$text  = static function ( string $name ) use ( $row ): string {
			return sanitize_text_field( is_string( $row[ $name ] ?? null ) ? $row[ $name ] : self::defaults()[ $name ] );
		};
		$who   = $row['who'] ?? 'everyone';
		$model = $text( 'model' );
		return array(
			'heading'       => $text( 'heading' ),
			'model'         => '' === $model ? self::defaults()['model'] : $model,
			'voice'         => $text( 'voice' ),
			'instructions'  => substr( sanitize_textarea_field( (string) ( $row['instructions'] ?? '' ) ), 0, self::LONGEST_INSTRUCTIONS ),
			'transcription' => $text( 'transcription' ),
			'who'           => in_array( $who, array( 'everyone', 'users', 'roles' ), true ) ? $who : 'everyone',
			'roles'         => self::known_roles( $row['roles'] ?? array() ),
		);
	}
}
