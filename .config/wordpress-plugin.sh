#!/usr/bin/env bash
# Builds dist/cms/voice-agent-wordpress.zip: the WordPress plug-in with the widget's built files. Run after the script build and the
# licence texts (.config/build.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
folder=dist/.wordpress
plugin=$folder/voice-agent
rm -rf "$folder" && mkdir -p "$plugin/assets/widget/chunks" dist/cms
cp -r src/cms/wordpress/plugin/. "$plugin/"
node_modules/.bin/tsx .config/wordpress-translations.ts --build "$plugin/languages"
for script in page block; do node_modules/.bin/vite build --mode "wordpress-$script" --logLevel warn; done
cp dist/voice-agent.js "$plugin/assets/widget/"
cp dist/chunks/*.js "$plugin/assets/widget/chunks/"
cp LICENSE dist/THIRD_PARTY_LICENSES "$plugin/"
node_modules/.bin/tsx .config/zip-folder.ts "$folder" dist/cms/voice-agent-wordpress.zip
