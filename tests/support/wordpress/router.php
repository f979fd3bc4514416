<?php
// Pretty permalinks for PHP's own web server: files as they are, everything else by WordPress.
$path = parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH );
$file = realpath( $_SERVER['DOCUMENT_ROOT'] . $path );
if ( is_string( $file ) && 0 === strpos( $file, $_SERVER['DOCUMENT_ROOT'] . '/' ) ) {
	if ( is_dir( $file ) && is_file( $file . '/index.php' ) ) {
		if ( '/' !== substr( $path, -1 ) ) {
			header( 'Location: ' . $path . '/' );
			return true;
		}
		$file = $file . '/index.php';
	}
	if ( is_file( $file ) ) {
		if ( '.php' !== substr( $file, -4 ) ) {
			return false;
		}
		$_SERVER['SCRIPT_NAME']     = substr( $file, strlen( $_SERVER['DOCUMENT_ROOT'] ) );
		$_SERVER['PHP_SELF']        = $_SERVER['SCRIPT_NAME'];
		$_SERVER['SCRIPT_FILENAME'] = $file;
		chdir( dirname( $file ) );
		require $file;
		return true;
	}
}
$_SERVER['SCRIPT_NAME']     = '/index.php';
$_SERVER['PHP_SELF']        = '/index.php' . ( 0 === strpos( $path, '/index.php/' ) ? substr( $path, 10 ) : '' );
$_SERVER['PATH_INFO']       = 0 === strpos( $path, '/index.php/' ) ? substr( $path, 10 ) : '';
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . '/index.php';
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
return true;
