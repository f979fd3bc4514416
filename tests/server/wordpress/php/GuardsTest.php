<?php
/**
 * Tests of single classes of the plug-in, inside a real WordPress: `WORDPRESS` is its folder.
 *
 * @package VoiceAgent
 */

use PHPUnit\Framework\TestCase;
use VoiceAgent\Agents;
use VoiceAgent\Counters;
use VoiceAgent\Database;
use VoiceAgent\Guards;
use VoiceAgent\Live_Calls;
use VoiceAgent\Prices;
use VoiceAgent\Secrets;
use VoiceAgent\Settings;
use VoiceAgent\State_Unavailable;
use VoiceAgent\Visitor;

/** Guards and what they consist of. */
final class GuardsTest extends TestCase {
	protected function setUp(): void {
		global $wpdb;
		$wpdb->query( 'DELETE FROM ' . Database::counters() );
		$wpdb->query( 'DELETE FROM ' . Database::calls() );
		$this->configure( array() );
		unset( $_SERVER['HTTP_X_FORWARDED_FOR'] );
		$_SERVER['REMOTE_ADDR'] = '203.0.113.7';
		wp_set_current_user( 0 );
	}

	private function configure( array $settings ): void {
		update_option( Settings::OPTION, Settings::sanitize( $settings ) );
	}

	private function call( string $id, string $visitor ): array {
		return array(
			'id'          => $id,
			'upstream_id' => '',
			'visitor'     => $visitor,
			'user_id'     => 0,
			'agent'       => 'default',
			'day'         => '2026-12-01',
			'seconds'     => 60,
			'micros'      => 100,
			'started'     => 1,
			'deadline'    => 2,
			'seen'        => 1,
		);
	}

	public function test_addresses_of_one_network_are_one_visitor(): void {
		$id_of = static function ( string $address ): string {
			$_SERVER['REMOTE_ADDR'] = $address;
			return Visitor::id();
		};
		$this->assertSame( $id_of( '2001:db8:1:2::1' ), $id_of( '2001:db8:1:2:ffff::9' ) );
		$this->assertNotSame( $id_of( '2001:db8:1:2::1' ), $id_of( '2001:db8:1:3::1' ) );
		$this->assertSame( $id_of( '203.0.113.7' ), $id_of( '::ffff:203.0.113.7' ) );
		$this->assertNotSame( $id_of( '203.0.113.7' ), $id_of( '203.0.113.8' ) );
		$this->assertSame( $id_of( 'nonsense' ), $id_of( '' ) );
		$this->assertStringNotContainsString( '203', $id_of( '203.0.113.7' ) );
	}

	public function test_only_entries_of_own_proxies_are_trusted(): void {
		$_SERVER['REMOTE_ADDR']          = '198.51.100.1';
		$_SERVER['HTTP_X_FORWARDED_FOR'] = '192.0.2.1, 192.0.2.2, 192.0.2.3';
		$seen = array();
		foreach ( array( 0, 1, 2, 8 ) as $proxies ) {
			$this->configure( array( 'trusted_proxies' => $proxies ) );
			$seen[] = Visitor::address();
		}
		$this->assertSame( array( '198.51.100.1', '192.0.2.3', '192.0.2.2', '198.51.100.1' ), $seen );
	}

	public function test_private_addresses_have_no_limit_of_their_own(): void {
		$this->assertSame( 2, Visitor::seats() );
		foreach ( array( '127.0.0.1', '10.0.0.1', '192.168.1.1', '::1', 'fd00::1' ) as $address ) {
			$_SERVER['REMOTE_ADDR'] = $address;
			$this->assertSame( 5, Visitor::seats(), $address );
		}
		wp_set_current_user( 1 );
		$this->assertSame( 1, Visitor::seats() );
	}

	public function test_origins_are_compared_exactly(): void {
		$own = home_url();
		$this->assertNull( Guards::origin( $own ) );
		foreach ( array( '', 'null', $own . '/', $own . '.evil.example', 'https://' . wp_parse_url( $own, PHP_URL_HOST ), strtoupper( $own ) ) as $origin ) {
			$this->assertNotNull( Guards::origin( $origin ), $origin );
		}
	}

	public function test_a_counter_adds_all_amounts_or_none(): void {
		$limits = array(
			'calls'   => 2,
			'seconds' => 100,
		);
		$take   = static function ( int $seconds ) use ( $limits ): bool {
			return Counters::take( 'test', array( 'calls' => 1, 'seconds' => $seconds ), $limits, time() + 60 );
		};
		$this->assertTrue( $take( 60 ) );
		$this->assertFalse( $take( 41 ) );
		$this->assertSame( array( 'calls' => 1, 'seconds' => 60, 'micros' => 0 ), Counters::read( 'test' ) );
		$this->assertTrue( $take( 40 ) );
		$this->assertFalse( $take( 0 ) );
		Counters::give_back( 'test', array( 'calls' => 1 ) );
		$this->assertTrue( $take( 0 ) );
		$this->assertFalse( Counters::take( 'zero', array( 'calls' => 1 ), array( 'calls' => 0 ), time() + 60 ) );
	}

	public function test_expired_counters_are_deleted(): void {
		Counters::take( 'old', array( 'calls' => 1 ), array(), time() - 1 );
		Counters::take( 'new', array( 'calls' => 1 ), array(), time() + 60 );
		Counters::clean_up();
		$this->assertSame( 0, Counters::read( 'old' )['calls'] );
		$this->assertSame( 1, Counters::read( 'new' )['calls'] );
	}

	public function test_places_of_all_and_of_one_visitor(): void {
		$this->assertSame( '', Live_Calls::occupy( $this->call( 'a', 'one' ), 3, 2 ) );
		$this->assertSame( '', Live_Calls::occupy( $this->call( 'b', 'one' ), 3, 2 ) );
		$this->assertSame( 'visitor', Live_Calls::occupy( $this->call( 'c', 'one' ), 3, 2 ) );
		$this->assertSame( '', Live_Calls::occupy( $this->call( 'd', 'two' ), 3, 2 ) );
		$this->assertSame( 'all', Live_Calls::occupy( $this->call( 'e', 'three' ), 3, 2 ) );
		$this->assertTrue( Live_Calls::remove( 'a' ) );
		$this->assertFalse( Live_Calls::remove( 'a' ) );
		$this->assertSame( '', Live_Calls::occupy( $this->call( 'f', 'one' ), 3, 2 ) );
	}

	public function test_one_request_ends_a_call(): void {
		Live_Calls::occupy( $this->call( 'a', 'one' ), 1, 1 );
		$this->assertTrue( Live_Calls::claim( 'a' ) );
		$this->assertFalse( Live_Calls::claim( 'a' ) );
	}

	public function test_a_limit_in_money_needs_a_price(): void {
		$agent = array( 'model' => 'a-model-without-a-price' ) + Agents::defaults();
		$this->assertInstanceOf( WP_Error::class, Guards::reserve( 'default', $agent ) );
		$this->configure( array( 'price_per_minute' => '0,5', 'money_per_day' => '10' ) );
		$this->assertSame( 2500000, Guards::reserve( 'default', $agent )['micros'] );
		$this->configure( array( 'money_per_day' => '' ) );
		$this->assertIsArray( Guards::reserve( 'default', $agent ) );
	}

	public function test_the_cost_of_a_day_is_the_lowest_of_its_limits(): void {
		$this->configure( array( 'money_per_day' => '100', 'minutes_per_day' => 10 ) );
		$this->assertSame( 2048000, Prices::micros_per_day() );
		$this->configure( array( 'money_per_day' => '1.5', 'minutes_per_day' => 10 ) );
		$this->assertSame( 1500000, Prices::micros_per_day() );
		$this->configure( array( 'money_per_day' => '', 'minutes_per_day' => 1000, 'calls_per_day' => 2, 'max_seconds' => 60 ) );
		$this->assertSame( 409600, Prices::micros_per_day() );
		$this->configure( array( 'agents' => array( array( 'name' => 'x', 'model' => 'unknown' ) ) ) );
		$this->assertNull( Prices::micros_per_day() );
		$this->assertSame( 204800, Prices::micros_per_minute( 'gpt-realtime-2.1-2026-11-01' ) );
	}

	public function test_without_a_database_no_call_is_placed(): void {
		global $wpdb;
		$table = Database::counters();
		$wpdb->query( "RENAME TABLE {$table} TO {$table}_away" );
		try {
			$this->expectException( State_Unavailable::class );
			Guards::visitor( Agents::defaults() );
		} finally {
			$wpdb->query( "RENAME TABLE {$table}_away TO {$table}" );
		}
	}

	public function test_secrets_are_encrypted_with_the_salts(): void {
		Secrets::store( 'api_key', 'sk-a-secret-key' );
		$this->assertSame( 'sk-a-secret-key', Secrets::get( 'api_key' ) );
		$this->assertSame( 'option', Secrets::source( 'api_key' ) );
		$stored = get_option( 'voice_agent_api_key' );
		$this->assertStringNotContainsString( 'secret', $stored . base64_decode( $stored ) );
		Secrets::store( 'api_key', 'sk-a-secret-key' );
		$this->assertNotSame( $stored, get_option( 'voice_agent_api_key' ), 'each encryption differs' );
		$other = static function ( string $salt ): string {
			return $salt . ' of another site';
		};
		add_filter( 'salt', $other );
		$this->assertSame( '', Secrets::get( 'api_key' ) );
		$this->assertSame( 'unreadable', Secrets::source( 'api_key' ) );
		remove_filter( 'salt', $other );
		putenv( 'OPENAI_API_KEY=sk-of-the-environment' );
		$this->assertSame( array( 'sk-of-the-environment', 'environment' ), array( Secrets::get( 'api_key' ), Secrets::source( 'api_key' ) ) );
		putenv( 'OPENAI_API_KEY' );
		Secrets::store( 'api_key', '' );
		$this->assertFalse( get_option( 'voice_agent_api_key' ) );
	}

	public function test_settings_are_brought_into_their_ranges(): void {
		$clean = Settings::sanitize(
			array(
				'max_seconds'   => '999999',
				'places'        => '-3',
				'calls_per_day' => 'many',
				'base_url'      => 'javascript:alert(1)',
				'money_per_day' => '-5',
				'theme'         => 'pink',
				'launcher'      => array( 'agent' => 'nobody', 'only' => '3, x, 4', 'roles' => array( 'editor', 'king' ) ),
				'agents'        => array(
					array( 'name' => 'Sales & More', 'heading' => '<b>Ask</b> us<script>', 'who' => 'nobody', 'roles' => 'x' ),
					array( 'name' => '', 'heading' => 'empty' ),
				),
			)
		);
		$this->assertSame( array( 3600, 1, 100 ), array( $clean['max_seconds'], $clean['places'], $clean['calls_per_day'] ) );
		$this->assertSame( 'https://api.openai.com/v1', $clean['base_url'] );
		$this->assertSame( array( '10', 'auto' ), array( $clean['money_per_day'], $clean['theme'] ) );
		$this->assertSame( array( 'default', 'sales-more' ), array_keys( $clean['agents'] ) );
		$this->assertSame( array( 'Ask us', 'everyone', array() ), array( $clean['agents']['sales-more']['heading'], $clean['agents']['sales-more']['who'], $clean['agents']['sales-more']['roles'] ) );
		$this->assertSame( array( 'default', '3, 4', array( 'editor' ) ), array( $clean['launcher']['agent'], $clean['launcher']['only'], $clean['launcher']['roles'] ) );
		$this->assertSame( $clean, Settings::sanitize( $clean ) );
		$this->assertIsArray( Settings::sanitize( 'text' ) );
	}
}
