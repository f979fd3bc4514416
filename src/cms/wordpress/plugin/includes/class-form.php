<?php
/**
 * Rows of the settings page. Escapes everything that it prints.
 *
 * @package VoiceAgent
 */

namespace VoiceAgent;

defined( 'ABSPATH' ) || exit;

/** Form rows. */
final class Form {
	/**
	 * Begins a section.
	 *
	 * @param string $title Its heading.
	 */
	public static function begin( string $title ): void {
		echo '<h2>' . esc_html( $title ) . '</h2><table class="form-table" role="presentation"><tbody>';
	}

	/** Ends a section. */
	public static function end(): void {
		echo '</tbody></table>';
	}

	/**
	 * A text field.
	 *
	 * @param string $name        Name below the option, for example `launcher][only`.
	 * @param string $label       Label.
	 * @param string $value       Value.
	 * @param string $description Help, or `''`.
	 * @param string $type        Type of the input.
	 */
	public static function text( string $name, string $label, string $value, string $description, string $type = 'text' ): void {
		self::row( $name, $label );
		printf( '<input type="%s" class="regular-text" id="%s" name="%s" value="%s">', esc_attr( $type ), esc_attr( self::id( $name ) ), esc_attr( self::name( $name ) ), esc_attr( $value ) );
		self::finish( $description );
	}

	/**
	 * A text area.
	 *
	 * @param string $name        Name below the option.
	 * @param string $label       Label.
	 * @param string $value       Value.
	 * @param string $description Help, or `''`.
	 */
	public static function area( string $name, string $label, string $value, string $description ): void {
		self::row( $name, $label );
		printf( '<textarea class="large-text" rows="5" id="%s" name="%s">%s</textarea>', esc_attr( self::id( $name ) ), esc_attr( self::name( $name ) ), esc_textarea( $value ) );
		self::finish( $description );
	}

	/**
	 * A number field.
	 *
	 * @param string $name        Name below the option.
	 * @param string $label       Label.
	 * @param int    $value       Value.
	 * @param int[]  $range       Default, smallest, largest value.
	 * @param string $description Help, or `''`.
	 */
	public static function number( string $name, string $label, int $value, array $range, string $description = '' ): void {
		self::row( $name, $label );
		printf( '<input type="number" class="small-text" id="%s" name="%s" value="%d" min="%d" max="%d">', esc_attr( self::id( $name ) ), esc_attr( self::name( $name ) ), (int) $value, (int) $range[1], (int) $range[2] );
		self::finish( $description );
	}

	/**
	 * A checkbox.
	 *
	 * @param string $name  Name below the option.
	 * @param string $label Label of the row.
	 * @param bool   $value Whether it is checked.
	 * @param string $text  Text beside the box.
	 */
	public static function checkbox( string $name, string $label, bool $value, string $text ): void {
		echo '<tr><th scope="row">' . esc_html( $label ) . '</th><td>';
		self::box( $name, '1', $value, $text );
		self::finish( '' );
	}

	/**
	 * Several checkboxes of one list.
	 *
	 * @param string                $name    Name below the option.
	 * @param string                $label   Label of the row.
	 * @param string[]              $values  Checked values.
	 * @param array<string, string> $choices Texts by value.
	 */
	public static function boxes( string $name, string $label, array $values, array $choices ): void {
		echo '<tr><th scope="row">' . esc_html( $label ) . '</th><td><fieldset><legend class="screen-reader-text">' . esc_html( $label ) . '</legend>';
		foreach ( $choices as $value => $text ) {
			self::box( $name . '][', (string) $value, in_array( (string) $value, $values, true ), $text );
			echo '<br>';
		}
		echo '</fieldset>';
		self::finish( '' );
	}

	/**
	 * A list to choose from.
	 *
	 * @param string                $name    Name below the option.
	 * @param string                $label   Label.
	 * @param string                $value   Selected value.
	 * @param array<string, string> $choices Texts by value.
	 */
	public static function choice( string $name, string $label, string $value, array $choices ): void {
		self::row( $name, $label );
		printf( '<select id="%s" name="%s">', esc_attr( self::id( $name ) ), esc_attr( self::name( $name ) ) );
		foreach ( $choices as $choice => $text ) {
			printf( '<option value="%s"%s>%s</option>', esc_attr( (string) $choice ), selected( (string) $choice, $value, false ), esc_html( $text ) );
		}
		echo '</select>';
		self::finish( '' );
	}

	/**
	 * A field for a secret. It is always empty: the stored secret is never sent to the browser.
	 *
	 * @param string $name        Name of the secret.
	 * @param string $label       Label.
	 * @param string $source      Result of `Secrets::source()`.
	 * @param string $description Help.
	 */
	public static function secret( string $name, string $label, string $source, string $description ): void {
		self::row( $name, $label );
		if ( 'constant' === $source || 'environment' === $source ) {
			echo '<p>' . ( 'constant' === $source ? esc_html__( 'Set in wp-config.php.', 'voice-agent' ) : esc_html__( 'Set in the environment of the server.', 'voice-agent' ) ) . '</p>';
			self::finish( '' );
			return;
		}
		printf( '<input type="password" class="regular-text" id="%s" name="%s" value="" autocomplete="new-password" spellcheck="false">', esc_attr( self::id( $name ) ), esc_attr( self::name( $name ) ) );
		if ( 'option' === $source ) {
			echo '<p>' . esc_html__( 'A key is stored. Enter another one to replace it.', 'voice-agent' ) . '</p>';
			self::box( 'remove_' . $name, '1', false, __( 'Remove the stored key', 'voice-agent' ) );
		} elseif ( 'unreadable' === $source ) {
			echo '<p>' . esc_html__( 'The stored key cannot be read, because the salts of this site have changed. Enter it again.', 'voice-agent' ) . '</p>';
		}
		self::finish( $description );
	}

	/**
	 * One checkbox with its label.
	 *
	 * @param string $name  Name below the option.
	 * @param string $value Value.
	 * @param bool   $on    Whether it is checked.
	 * @param string $text  Text beside the box.
	 */
	private static function box( string $name, string $value, bool $on, string $text ): void {
		printf( '<label><input type="checkbox" name="%s" value="%s"%s> %s</label>', esc_attr( self::name( $name ) ), esc_attr( $value ), checked( $on, true, false ), esc_html( $text ) );
	}

	/**
	 * Begins a row.
	 *
	 * @param string $name  Name below the option.
	 * @param string $label Label.
	 */
	private static function row( string $name, string $label ): void {
		printf( '<tr><th scope="row"><label for="%s">%s</label></th><td>', esc_attr( self::id( $name ) ), esc_html( $label ) );
	}

	/**
	 * Ends a row.
	 *
	 * @param string $description Help, or `''`.
	 */
	private static function finish( string $description ): void {
		if ( '' !== $description ) {
			echo '<p class="description">' . esc_html( $description ) . '</p>';
		}
		echo '</td></tr>';
	}

	/**
	 * Name of a field in the form.
	 *
	 * @param string $name Name below the option.
	 */
	private static function name( string $name ): string {
		return Settings::OPTION . '[' . $name . ']';
	}

	/**
	 * Id of a field.
	 *
	 * @param string $name Name below the option.
	 */
	private static function id( string $name ): string {
		return 'voice-agent-' . trim( (string) preg_replace( '/[^a-z0-9]+/', '-', $name ), '-' );
	}
}
