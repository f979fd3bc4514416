<?php
/**
 * Estimates what a minute of a call costs at most. This server cannot measure a call's tokens, so limits in money use this estimate.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Prices of models, in US dollars. */
final class Prices {
	/**
	 * Price of one million tokens of the dearest kind. A test compares them with the table of the project's Node server.
	 */
	public const DEAREST = array(
		'gpt-realtime-2.1'      => 64,
		'gpt-realtime-2'        => 64,
		'gpt-realtime-1.5'      => 64,
		'gpt-realtime-2.1-mini' => 20,
	);

	/** Tokens of a minute: about twice those of a lively conversation. */
	private const TOKENS_PER_MINUTE = 3200;

	/**
	 * Price of a minute in millionths of a dollar (or of the currency of the setting); null if the model has no known price.
	 *
	 * @param string $model Name of the model.
	 */
	public static function micros_per_minute( string $model ): ?int {
		$own = Settings::micros( 'price_per_minute' );
		if ( null !== $own ) {
			return $own;
		}
		$dearest = self::DEAREST[ $model ] ?? self::DEAREST[ (string) preg_replace( '/-\d{4}-\d{2}-\d{2}$/', '', $model ) ] ?? null;
		return null === $dearest ? null : $dearest * self::TOKENS_PER_MINUTE;
	}

	/** The most that all calls of a day can cost by this estimate, in millionths; null if an agent's model has no price. */
	public static function micros_per_day(): ?int {
		$minutes = min( (int) Settings::get( 'minutes_per_day' ), (int) Settings::get( 'calls_per_day' ) * (int) Settings::get( 'max_seconds' ) / 60 );
		$dearest = 0;
		foreach ( Agents::all() as $agent ) {
			$price = self::micros_per_minute( $agent['model'] );
			if ( null === $price ) {
				return null;
			}
			$dearest = max( $dearest, $price );
		}
		$most  = (int) ceil( $minutes * $dearest );
		$money = Settings::micros( 'money_per_day' );
		return null === $money ? $most : min( $most, $money );
	}
}
