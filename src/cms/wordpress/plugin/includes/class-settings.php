<?php
/**
 * The plug-in's settings: defaults, ranges, validation of what the settings page sends.
 *
 * Owns: the option `voice_agent_settings`. Does not own: secrets (`Secrets`).
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Reads and validates settings. */
final class Settings {
	public const OPTION = 'voice_agent_settings';

	/** Whole numbers: default, smallest and largest value. */
	public const NUMBERS = array(
		'max_seconds'         => array( 300, 30, 3600 ),
		'places'              => array( 5, 1, 200 ),
		'places_per_user'     => array( 1, 1, 20 ),
		'places_per_address'  => array( 2, 1, 200 ),
		'rate_address'        => array( 10, 1, 10000 ),
		'rate_visitor'        => array( 10, 1, 10000 ),
		'calls_per_day'       => array( 100, 0, 1000000 ),
		'minutes_per_day'     => array( 60, 0, 1000000 ),
		'minutes_per_visitor' => array( 30, 1, 1000000 ),
		'trusted_proxies'     => array( 0, 0, 8 ),
	);

	private const PLACEMENTS = array( 'bottom-end', 'bottom-start', 'top-end', 'top-start' );

	/** All settings, with defaults for missing ones. */
	public static function all(): array {
		$stored = get_option( self::OPTION, array() );
		$stored = is_array( $stored ) ? $stored : array();
		$all    = array_merge( self::defaults(), $stored );

		$all['launcher'] = array_merge( self::defaults()['launcher'], (array) $all['launcher'] );
		$all['tools']    = array_merge( self::defaults()['tools'], (array) $all['tools'] );
		return $all;
	}

	/**
	 * One setting.
	 *
	 * @param string $name A key of `defaults()`.
	 * @return mixed
	 */
	public static function get( string $name ) {
		return self::all()[ $name ];
	}

	/** The settings of a new installation. */
	public static function defaults(): array {
		$numbers = array_map(
			static function ( array $range ): int {
				return $range[0];
			},
			self::NUMBERS
		);
		return $numbers + array(
			'server'           => 'site',
			'server_url'       => '',
			'server_audience'  => 'voice',
			'base_url'         => 'https://api.openai.com/v1',
			'price_per_minute' => '',
			'money_per_day'    => '10',
			'keys'             => false,
			'theme'            => 'auto',
			'agents'           => array( 'default' => Agents::defaults() ),
			'launcher'         => array(
				'on'        => false,
				'agent'     => 'default',
				'placement' => 'bottom-end',
				'visitors'  => 'all',
				'roles'     => array(),
				'types'     => array(),
				'only'      => '',
				'except'    => '',
			),
			'tools'            => array(
				'search'    => false,
				'open'      => false,
				'order'     => false,
				'abilities' => false,
			),
		);
	}

	/**
	 * Validates the fields of the settings page. Invalid values are replaced by the nearest valid one.
	 *
	 * @param mixed $input What the page sent, or an earlier result.
	 */
	public static function sanitize( $input ): array {
		$input = is_array( $input ) ? $input : array();
		$clean = array();
		foreach ( self::NUMBERS as $name => $range ) {
			$clean[ $name ] = self::number( $input[ $name ] ?? $range[0], $range );
		}
		$clean['server']           = 'own' === ( $input['server'] ?? '' ) ? 'own' : 'site';
		$clean['server_url']       = self::address( $input['server_url'] ?? '' );
		$clean['server_audience']  = sanitize_text_field( $input['server_audience'] ?? 'voice' );
		$clean['base_url']         = self::address( $input['base_url'] ?? '' );
		$clean['base_url']         = '' === $clean['base_url'] ? self::defaults()['base_url'] : untrailingslashit( $clean['base_url'] );
		$clean['price_per_minute'] = self::amount( $input['price_per_minute'] ?? '', '' );
		$clean['money_per_day']    = self::amount( $input['money_per_day'] ?? null, self::defaults()['money_per_day'] );
		$clean['keys']             = ! empty( $input['keys'] );
		$clean['theme']            = self::one_of( $input['theme'] ?? '', array( 'auto', 'light', 'dark' ) );
		$clean['agents']           = Agents::sanitize( $input['agents'] ?? array() );
		$clean['launcher']         = self::launcher( (array) ( $input['launcher'] ?? array() ), array_keys( $clean['agents'] ) );
		foreach ( array_keys( self::defaults()['tools'] ) as $tool ) {
			$clean['tools'][ $tool ] = ! empty( $input['tools'][ $tool ] );
		}
		return $clean;
	}

	/**
	 * Amount of money in millionths; null without a limit.
	 *
	 * @param string $name `money_per_day` or `price_per_minute`.
	 */
	public static function micros( string $name ): ?int {
		$amount = (string) self::get( $name );
		return '' === $amount ? null : (int) round( (float) $amount * 1000000 );
	}

	/**
	 * A whole number in its range.
	 *
	 * @param mixed $value Any value.
	 * @param int[] $range Default, smallest, largest.
	 */
	private static function number( $value, array $range ): int {
		return is_numeric( $value ) ? (int) max( $range[1], min( $range[2], (int) $value ) ) : $range[0];
	}

	/**
	 * A non-negative decimal as text; `''` if the owner left the field empty.
	 *
	 * @param mixed  $value   Any value; a decimal comma is accepted.
	 * @param string $default Result for other values, so that a mistake does not remove a limit.
	 */
	private static function amount( $value, string $default ): string {
		$text = is_scalar( $value ) ? str_replace( ',', '.', trim( (string) $value ) ) : 'none';
		return preg_match( '/^(\d{1,9}(\.\d{1,6})?)?$/D', $text ) ? $text : $default;
	}

	/**
	 * An `http` or `https` address, or `''`.
	 *
	 * @param mixed $value Any value.
	 */
	private static function address( $value ): string {
		return is_string( $value ) ? esc_url_raw( trim( $value ), array( 'http', 'https' ) ) : '';
	}

	/**
	 * The value if it is in the list, otherwise the first of the list.
	 *
	 * @param mixed    $value Any value.
	 * @param string[] $list  Valid values.
	 */
	private static function one_of( $value, array $list ): string {
		return in_array( $value, $list, true ) ? $value : $list[0];
	}

	/**
	 * The rules of the site-wide launcher.
	 *
	 * @param array    $input  What the page sent.
	 * @param string[] $agents Names of agents.
	 */
	private static function launcher( array $input, array $agents ): array {
		$types = array_map( 'sanitize_key', (array) ( $input['types'] ?? array() ) );
		return array(
			'on'        => ! empty( $input['on'] ),
			'agent'     => self::one_of( $input['agent'] ?? '', $agents ),
			'placement' => self::one_of( $input['placement'] ?? '', self::PLACEMENTS ),
			'visitors'  => self::one_of( $input['visitors'] ?? '', array( 'all', 'in', 'out' ) ),
			'roles'     => Agents::known_roles( $input['roles'] ?? array() ),
			'types'     => array_values( array_filter( $types ) ),
			'only'      => self::ids( $input['only'] ?? '' ),
			'except'    => self::ids( $input['except'] ?? '' ),
		);
	}

	/**
	 * Post IDs, separated by commas.
	 *
	 * @param mixed $value Text of the field.
	 */
	private static function ids( $value ): string {
		return implode( ', ', array_filter( wp_parse_id_list( is_string( $value ) ? $value : '' ) ) );
	}
}
