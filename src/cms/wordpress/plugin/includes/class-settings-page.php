<?php
/**
 * The page "Settings → Voice Agent". Stores settings by the Settings API.
 *
 * Does not own: validation (`Settings`), the fields of agents (`Agent_Fields`), the connection test (`Connection_Test`).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Settings page. */
final class Settings_Page {
	public const SLUG   = 'voice-agent';
	private const GROUP = 'voice_agent';

	/** Adds the hooks. */
	public static function register(): void {
		add_action( 'admin_menu', array( self::class, 'add_page' ) );
		add_action( 'admin_init', array( self::class, 'add_settings' ) );
		add_action( 'admin_notices', array( self::class, 'ask_for_key' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( PLUGIN_FILE ), array( self::class, 'add_link' ) );
	}

	/** Address of the page. */
	public static function address(): string {
		return admin_url( 'options-general.php?page=' . self::SLUG );
	}

	/** Adds the page to the menu. */
	public static function add_page(): void {
		add_options_page( __( 'Voice Agent', 'voice-agent' ), __( 'Voice Agent', 'voice-agent' ), 'manage_options', self::SLUG, array( self::class, 'show' ) );
	}

	/** Registers the option. */
	public static function add_settings(): void {
		register_setting(
			self::GROUP,
			Settings::OPTION,
			array(
				'type'              => 'array',
				'sanitize_callback' => array( self::class, 'save' ),
				'show_in_rest'      => false,
			)
		);
	}

	/**
	 * Stores new secrets and returns the other settings, validated. An empty field of a secret keeps the stored one.
	 *
	 * @param mixed $input Fields of the page.
	 */
	public static function save( $input ): array {
		foreach ( array( 'api_key', 'server_secret' ) as $name ) {
			$value = is_string( $input[ $name ] ?? null ) ? trim( $input[ $name ] ) : '';
			if ( ! empty( $input[ 'remove_' . $name ] ) ) {
				Secrets::store( $name, '' );
			} elseif ( preg_match( '/^[\x21-\x7e]{8,512}$/', $value ) ) {
				Secrets::store( $name, $value );
			} elseif ( '' !== $value ) {
				add_settings_error( Settings::OPTION, $name, __( 'The key contains characters that are not valid in a key. It was not stored.', 'voice-agent' ) );
			}
		}
		return Settings::sanitize( $input );
	}

	/**
	 * Adds "Settings" to the list of plug-ins.
	 *
	 * @param string[] $links Links of the plug-in.
	 * @return string[]
	 */
	public static function add_link( array $links ): array {
		array_unshift( $links, '<a href="' . esc_url( self::address() ) . '">' . esc_html__( 'Settings', 'voice-agent' ) . '</a>' );
		return $links;
	}

	/** Asks the owner for the settings that are missing, on the list of plug-ins and the dashboard. */
	public static function ask_for_key(): void {
		$screen = get_current_screen();
		if ( ! $screen || ! in_array( $screen->id, array( 'plugins', 'dashboard' ), true ) || ! current_user_can( 'manage_options' ) || Widget_Tag::is_ready() ) {
			return;
		}
		echo '<div class="notice notice-info"><p>' . esc_html__( 'Voice Agent is active, but it has no API key yet.', 'voice-agent' ) . ' ';
		echo '<a href="' . esc_url( self::address() ) . '">' . esc_html__( 'Set up Voice Agent', 'voice-agent' ) . '</a></p></div>';
	}

	/** Prints the page. */
	public static function show(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		$settings = Settings::all();
		echo '<div class="wrap"><h1>' . esc_html__( 'Voice Agent', 'voice-agent' ) . '</h1>';
		Connection_Test::show();
		echo '<form action="options.php" method="post" autocomplete="off">';
		settings_fields( self::GROUP );
		self::show_connection( $settings );
		Agent_Fields::show( Agents::all() );
		Launcher_Fields::show( $settings['launcher'], array_keys( Agents::all() ) );
		self::show_limits( $settings );
		Site_Tools::show_fields( $settings['tools'] );
		self::show_advanced( $settings );
		submit_button();
		echo '</form></div>';
	}

	/**
	 * Key and connection test.
	 *
	 * @param array $settings All settings.
	 */
	private static function show_connection( array $settings ): void {
		Form::begin( __( 'Connection', 'voice-agent' ) );
		Form::choice(
			'server',
			__( 'Who places the calls', 'voice-agent' ),
			$settings['server'],
			array(
				'site' => __( 'This site, with your API key', 'voice-agent' ),
				'own'  => __( 'My own voice-agent server', 'voice-agent' ),
			)
		);
		Form::secret( 'api_key', __( 'API key', 'voice-agent' ), Secrets::source( 'api_key' ), __( 'Your OpenAI API key. It is stored encrypted, stays on this server and is never shown again.', 'voice-agent' ) );
		Form::text( 'server_url', __( 'Call address of your server', 'voice-agent' ), $settings['server_url'], __( 'For your own server only, for example https://voice.example.com/voice/call', 'voice-agent' ), 'url' );
		Form::secret( 'server_secret', __( 'Shared secret of your server', 'voice-agent' ), Secrets::source( 'server_secret' ), __( 'With it, this site signs who the visitor is. Use at least 32 characters.', 'voice-agent' ) );
		Form::text( 'server_audience', __( 'Audience of the signed proof', 'voice-agent' ), $settings['server_audience'], '' );
		Form::end();
	}

	/**
	 * Limits and what a day costs at most.
	 *
	 * @param array $settings All settings.
	 */
	private static function show_limits( array $settings ): void {
		Form::begin( __( 'Limits', 'voice-agent' ) );
		$most = Prices::micros_per_day();
		echo '<tr><th scope="row">' . esc_html__( 'Cost per day', 'voice-agent' ) . '</th><td><p><strong id="voice-agent-cost">';
		if ( null === $most ) {
			esc_html_e( 'Unknown: enter a price per minute for your model below.', 'voice-agent' );
		} else {
			/* translators: %s: amount of money. */
			echo esc_html( sprintf( __( 'At most about %s US dollars a day.', 'voice-agent' ), number_format_i18n( $most / 1000000, 2 ) ) );
		}
		echo '</strong></p><p class="description">' . esc_html__( 'An estimate from the length of calls: this site cannot see how many tokens a call uses. Also set a limit in your OpenAI account.', 'voice-agent' ) . '</p></td></tr>';
		try {
			$used = Guards::today();
			/* translators: 1: number of calls, 2: number of minutes. */
			$text = sprintf( __( '%1$s calls, %2$s minutes', 'voice-agent' ), number_format_i18n( $used['calls'] ), number_format_i18n( ceil( $used['seconds'] / 60 ) ) );
		} catch ( State_Unavailable $error ) {
			$text = __( 'The database does not answer.', 'voice-agent' );
		}
		echo '<tr><th scope="row">' . esc_html__( 'Used today', 'voice-agent' ) . '</th><td>' . esc_html( $text ) . '</td></tr>';
		$labels = array(
			'max_seconds'         => __( 'Longest call, in seconds', 'voice-agent' ),
			'places'              => __( 'Calls at the same time', 'voice-agent' ),
			'places_per_user'     => __( 'Calls at the same time for one user', 'voice-agent' ),
			'places_per_address'  => __( 'Calls at the same time from one address', 'voice-agent' ),
			'calls_per_day'       => __( 'Calls per day', 'voice-agent' ),
			'minutes_per_day'     => __( 'Minutes per day', 'voice-agent' ),
			'minutes_per_visitor' => __( 'Minutes per day for one visitor', 'voice-agent' ),
			'rate_address'        => __( 'Requests per minute from one address', 'voice-agent' ),
			'rate_visitor'        => __( 'Requests per minute of one visitor', 'voice-agent' ),
		);
		foreach ( $labels as $name => $label ) {
			Form::number( $name, $label, $settings[ $name ], Settings::NUMBERS[ $name ] );
		}
		Form::text( 'money_per_day', __( 'US dollars per day', 'voice-agent' ), $settings['money_per_day'], __( 'Leave empty for no limit in money.', 'voice-agent' ) );
		Form::text( 'price_per_minute', __( 'Price of one minute, in US dollars', 'voice-agent' ), $settings['price_per_minute'], __( 'Leave empty to use the built-in estimate of the model.', 'voice-agent' ) );
		Form::end();
	}

	/**
	 * Settings that few sites need.
	 *
	 * @param array $settings All settings.
	 */
	private static function show_advanced( array $settings ): void {
		Form::begin( __( 'Advanced', 'voice-agent' ) );
		Form::choice(
			'theme',
			__( 'Theme', 'voice-agent' ),
			$settings['theme'],
			array(
				'auto'  => __( 'Like the page', 'voice-agent' ),
				'light' => __( 'Light', 'voice-agent' ),
				'dark'  => __( 'Dark', 'voice-agent' ),
			)
		);
		Form::text( 'base_url', __( 'Realtime API', 'voice-agent' ), $settings['base_url'], '', 'url' );
		Form::number( 'trusted_proxies', __( 'Reverse proxies in front of this site', 'voice-agent' ), $settings['trusted_proxies'], Settings::NUMBERS['trusted_proxies'], __( 'Only proxies of your own that append to X-Forwarded-For.', 'voice-agent' ) );
		Form::checkbox( 'keys', __( 'Keys', 'voice-agent' ), (bool) $settings['keys'], __( 'Let pages request short-lived keys (…/token). Their holders can change instructions and tools.', 'voice-agent' ) );
		Form::end();
	}
}
