<?php
/**
 * The block: its registration, what it shows on a page, and the data of its editor.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Dynamic block. It stores attributes and no markup, so authors, who may not write the tag, can use it. */
final class Block {
	public const SCRIPT = 'voice-agent-block';

	/** Adds the hooks. */
	public static function register(): void {
		add_action( 'init', array( self::class, 'register_block' ) );
		add_action( 'enqueue_block_editor_assets', array( self::class, 'add_editor_data' ) );
	}

	/** Registers script and block. */
	public static function register_block(): void {
		$needs = array( 'wp-blocks', 'wp-block-editor', 'wp-components', 'wp-element', 'wp-i18n' );
		wp_register_script( self::SCRIPT, plugins_url( 'assets/block.js', PLUGIN_FILE ), $needs, VERSION, true );
		wp_set_script_translations( self::SCRIPT, 'voice-agent', plugin_dir_path( PLUGIN_FILE ) . 'languages' );
		register_block_type( plugin_dir_path( PLUGIN_FILE ) . 'blocks/voice-agent', array( 'render_callback' => array( self::class, 'render' ) ) );
	}

	/**
	 * The block on a page.
	 *
	 * @param array<string, mixed> $attributes Attributes of the block.
	 */
	public static function render( array $attributes ): string {
		$options = array();
		foreach ( array( 'agent', 'heading', 'placement', 'theme', 'language' ) as $name ) {
			$options[ $name ] = is_string( $attributes[ $name ] ?? null ) ? $attributes[ $name ] : '';
		}
		$html = Widget_Tag::html( $options );
		return '' === $html ? '' : '<div ' . get_block_wrapper_attributes() . '>' . $html . '</div>';
	}

	/** Gives the editor the names of agents and the address of the widget, for the preview. No instructions, no key. */
	public static function add_editor_data(): void {
		$agents = array();
		foreach ( Agents::all() as $name => $agent ) {
			$agents[] = array(
				'name'    => (string) $name,
				'heading' => $agent['heading'],
			);
		}
		$data = array(
			'module' => Widget_Tag::module(),
			'agents' => $agents,
			'ready'  => Widget_Tag::is_ready(),
		);
		wp_add_inline_script( self::SCRIPT, 'window.voiceAgentBlock = ' . wp_json_encode( $data ) . ';', 'before' );
	}
}
