<?php
/**
 * Plugin Name:       Voice Agent
 * Description:       Visitors talk to an AI voice agent on your site: block, shortcode and floating button. Your site places the calls, with limits on time and money.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            The voice-agent-element maintainers
 * License:           MIT
 * License URI:       https://opensource.org/licenses/MIT
 * Text Domain:       voice-agent
 * Domain Path:       /languages
 *
 * Loads the classes and starts the plug-in. Owns no behavior of its own.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

const VERSION     = '0.1.0';
const PLUGIN_FILE = __FILE__;

require_once __DIR__ . '/includes/autoload.php';

register_activation_hook( __FILE__, array( Plugin::class, 'activate' ) );
register_deactivation_hook( __FILE__, array( Plugin::class, 'deactivate' ) );
add_action( 'plugins_loaded', array( Plugin::class, 'start' ) );
