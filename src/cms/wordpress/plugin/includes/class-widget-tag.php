<?php
/**
 * The tag `<voice-agent>` of a page, for the shortcode, the block and the launcher, and the script that it needs.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Markup and scripts. */
final class Widget_Tag {
	public const SCRIPT        = 'voice-agent';
	private const PLACEMENTS   = array( 'inline', 'bottom-end', 'bottom-start', 'top-end', 'top-start' );
	private const THEMES       = array( 'auto', 'light', 'dark' );

	/** Adds the hooks. */
	public static function register(): void {
		add_shortcode( 'voice_agent', array( self::class, 'shortcode' ) );
		add_action( 'init', array( self::class, 'register_script' ) );
	}

	/** Registers the script of pages with a widget. It is a classic script: optimizers drop `type="module"`. */
	public static function register_script(): void {
		wp_register_script( self::SCRIPT, plugins_url( 'assets/page.js', PLUGIN_FILE ), array(), VERSION, true );
	}

	/**
	 * `[voice_agent agent="default" heading="Ask us" placement="inline" theme="auto" language="de"]`.
	 *
	 * @param mixed $attributes Attributes of the shortcode.
	 */
	public static function shortcode( $attributes ): string {
		$attributes = shortcode_atts(
			array(
				'agent'     => 'default',
				'heading'   => '',
				'placement' => 'inline',
				'theme'     => '',
				'language'  => '',
			),
			is_array( $attributes ) ? $attributes : array(),
			'voice_agent'
		);
		return self::html( $attributes );
	}

	/**
	 * The tag; `''` if the current user cannot call the agent. If the owner has to complete the settings, they see a note instead.
	 *
	 * @param array<string, string> $options `agent`, `heading`, `placement`, `theme`, `language`.
	 */
	public static function html( array $options ): string {
		$name  = (string) ( $options['agent'] ?? 'default' );
		$agent = Agents::find( $name );
		if ( ! $agent ) {
			/* translators: %s: name of an agent. */
			return self::note( sprintf( __( 'Voice Agent: there is no agent named “%s”.', 'voice-agent' ), $name ) );
		}
		if ( ! self::is_ready() ) {
			return self::note( __( 'Voice Agent: complete the settings to show the widget to visitors.', 'voice-agent' ) );
		}
		if ( '' !== Agents::refusal( $agent ) ) {
			return '';
		}
		wp_enqueue_script( self::SCRIPT );
		$heading    = '' !== ( $options['heading'] ?? '' ) ? $options['heading'] : $agent['heading'];
		$theme      = in_array( $options['theme'] ?? '', self::THEMES, true ) ? $options['theme'] : Settings::get( 'theme' );
		$placement  = in_array( $options['placement'] ?? '', self::PLACEMENTS, true ) ? $options['placement'] : 'inline';
		$attributes = array(
			'placement'   => $placement,
			'heading'     => $heading,
			'theme'       => $theme,
			'language'    => $options['language'] ?? '',
			'data-module' => self::module(),
			'data-ajax'   => admin_url( 'admin-ajax.php' ),
		) + self::server_attributes( $name ) + Site_Tools::attributes();
		$html       = '<voice-agent';
		foreach ( array_filter( $attributes, 'strlen' ) as $attribute => $value ) {
			$html .= ' ' . $attribute . '="' . esc_attr( $value ) . '"';
		}
		return $html . '></voice-agent>';
	}

	/** Address of the widget's module. */
	public static function module(): string {
		return add_query_arg( 'ver', VERSION, plugins_url( 'assets/widget/voice-agent.js', PLUGIN_FILE ) );
	}

	/** Whether calls can be placed with the current settings. */
	public static function is_ready(): bool {
		if ( 'own' === Settings::get( 'server' ) ) {
			return '' !== Settings::get( 'server_url' );
		}
		return '' !== Secrets::get( 'api_key' );
	}

	/**
	 * The address that places the calls, with what identifies the visitor.
	 *
	 * @param string $agent Name of the agent.
	 * @return array<string, string>
	 */
	private static function server_attributes( string $agent ): array {
		$profile = array( 'profile' => rawurlencode( $agent ) );
		if ( 'own' === Settings::get( 'server' ) ) {
			return array(
				'call-url'   => add_query_arg( $profile, Settings::get( 'server_url' ) ),
				'data-proof' => '' === Secrets::get( 'server_secret' ) ? '' : $agent,
			);
		}
		return array(
			'call-url'      => add_query_arg( $profile + array( '_wpnonce' => wp_create_nonce( 'wp_rest' ) ), Rest_Responses::address( 'call' ) ),
			'data-nonce-at' => (string) time(),
		);
	}

	/**
	 * A note for people who can change the settings; visitors see nothing.
	 *
	 * @param string $text The note.
	 */
	private static function note( string $text ): string {
		return current_user_can( 'manage_options' ) ? '<p class="voice-agent-note"><em>' . esc_html( $text ) . '</em></p>' : '';
	}
}
