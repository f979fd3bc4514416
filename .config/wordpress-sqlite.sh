#!/usr/bin/env bash
# Downloads WordPress 6.5 and its SQLite driver for the tests, from npm's package of WordPress Playground (159 MB, once per machine).
set -euo pipefail
version=0.9.19
cache=${XDG_CACHE_HOME:-$HOME/.cache}/voice-agent-element/wordpress-builds-$version
sums='264f163157658da2a4df8f9979f527fc806fd963039b4a14062ab99e8f44ecd9  wp-6.5.zip
fd6f40639954a24161f465620837326a75e0bb43029f9e734e64418d991001b2  sqlite-database-integration.zip'
if [ -d "$cache" ] && (cd "$cache" && sha256sum --check --status <<< "$sums"); then echo "WordPress 6.5: $cache"; exit 0; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "@wp-playground/wordpress-builds@$version" >/dev/null)
tar -xzf "$work"/*.tgz -C "$work" --strip-components=3 package/src/wordpress/wp-6.5.zip package/src/sqlite-database-integration/sqlite-database-integration.zip
(cd "$work" && sha256sum --check --quiet <<< "$sums")
mkdir -p "$cache"
mv "$work"/*.zip "$cache/"
echo "WordPress 6.5: $cache"
