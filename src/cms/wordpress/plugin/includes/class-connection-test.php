<?php
/**
 * The connection test of the settings page: creates a key for the default agent and discards it, which verifies the API key, the model and the
 * connection, and costs nothing.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Connection test. */
final class Connection_Test {
	private const ACTION = 'voice_agent_test';

	/** Adds the hook. */
	public static function register(): void {
		add_action( 'admin_post_' . self::ACTION, array( self::class, 'run' ) );
	}

	/** Runs the test and returns to the settings page. */
	public static function run(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You are not allowed to do this.', 'voice-agent' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( self::ACTION );
		set_transient( self::transient(), self::result(), MINUTE_IN_SECONDS );
		wp_safe_redirect( Settings_Page::address() );
		exit;
	}

	/** Prints the button, and the result of a test that has just run. */
	public static function show(): void {
		$result = get_transient( self::transient() );
		if ( is_string( $result ) ) {
			delete_transient( self::transient() );
			$class = '' === $result ? 'notice-success' : 'notice-error';
			$text  = '' === $result ? __( 'The connection works.', 'voice-agent' ) : $result;
			echo '<div class="notice ' . esc_attr( $class ) . '" id="voice-agent-test-result"><p>' . esc_html( $text ) . '</p></div>';
		}
		if ( ! Widget_Tag::is_ready() || 'own' === Settings::get( 'server' ) ) {
			return;
		}
		echo '<form action="' . esc_url( admin_url( 'admin-post.php' ) ) . '" method="post"><input type="hidden" name="action" value="' . esc_attr( self::ACTION ) . '">';
		wp_nonce_field( self::ACTION );
		submit_button( __( 'Test the connection', 'voice-agent' ), 'secondary', 'test', false );
		echo '</form>';
	}

	/** Tests the connection. Returns what is wrong, or `''`. */
	private static function result(): string {
		$agent = Agents::find( 'default' );
		$key   = Realtime_Api::create_key( Agents::session( (array) $agent ), Visitor::id(), 10 );
		if ( ! is_wp_error( $key ) ) {
			return '';
		}
		switch ( $key->get_error_code() ) {
			case 'upstream_timeout':
				return __( 'The voice service did not answer in time.', 'voice-agent' );
			case 'upstream_unavailable':
				return __( 'The voice service cannot be reached, or accepts no calls at the moment.', 'voice-agent' );
			default:
				$status = (string) ( $key->get_error_data()['upstream'] ?? '' );
				if ( 0 === strpos( $status, '401' ) || 0 === strpos( $status, '403' ) ) {
					return __( 'The voice service does not accept the API key.', 'voice-agent' );
				}
				/* translators: %s: status of the response. */
				return sprintf( __( 'The voice service refused the settings of the default agent (%s). Check the model and the voice.', 'voice-agent' ), $status );
		}
	}

	/** Name of the current user's result. */
	private static function transient(): string {
		return self::ACTION . '_' . get_current_user_id();
	}
}
