#!/usr/bin/env bash
# Builds dist/: the script-tag build with its loader, flat and single forms, the npm entry points, the demo page, licence texts and SBOM, types and the manifest.
set -euo pipefail
cd "$(dirname "$0")/.."
vite=node_modules/.bin/vite
rm -rf dist
for mode in script npm node worker admin embed single sandbox-browser talk demo; do
  "$vite" build --mode "$mode" --logLevel warn
done
cp src/admin/index.html src/admin/admin.css dist/admin/
cp src/demo/talk/index.html src/demo/talk/talk.css dist/talk/
mv dist/admin/.packages-admin.json dist/
node_modules/.bin/tsx .config/versioned-files.ts
node_modules/.bin/tsx .config/third-party-notices.ts
bash .config/wordpress-plugin.sh
# Deployment templates for users to copy.
cp -r src/server/deploy dist/deploy
node node_modules/ts7/bin/tsc -p .config/tsconfig.types.json
node_modules/.bin/tsx .config/prune-types.ts
node_modules/.bin/cem analyze --config .config/custom-elements-manifest.config.js --quiet
node_modules/.bin/tsx .config/editor-data.ts
# The bundler would pass through standard decorators and other syntax that browsers cannot parse.
find dist -name '*.js' -print0 | xargs -0 -n1 node --check
echo "built dist/"
