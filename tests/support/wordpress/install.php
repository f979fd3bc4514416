<?php
// Installs WordPress with a user of each role, whose password is their name, and pretty permalinks.
define( 'WP_INSTALLING', true );
require __DIR__ . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install( 'A site', 'admin', 'admin@example.com', true, '', 'admin' );
foreach ( array( 'editor', 'author', 'contributor', 'subscriber' ) as $role ) {
	wp_insert_user( array( 'user_login' => $role, 'user_pass' => $role, 'role' => $role, 'user_email' => $role . '@example.com' ) );
}
update_option( 'permalink_structure', '/%postname%/' );
// Built again by the next request.
delete_option( 'rewrite_rules' );
