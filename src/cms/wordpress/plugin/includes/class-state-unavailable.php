<?php
/**
 * Thrown if the database cannot carry out a statement of the limits. Calls are then refused.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** The limits cannot be checked. */
final class State_Unavailable extends \RuntimeException {
}
