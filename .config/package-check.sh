#!/usr/bin/env bash
# Packs the package as npm would publish it and checks its entry points, types and contents.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tarball="$work/$(npm pack --silent --ignore-scripts --pack-destination "$work" 2>/dev/null | tail -n 1)"
node_modules/.bin/publint run "$tarball" --strict
node_modules/.bin/attw "$tarball" --profile esm-only --format table --exclude-entrypoints ./voice-agent.js ./embed.js ./files.json './flat/*' './single/*' ./agents.js ./pcm-worklet.js ./sandbox-worklet.js ./custom-elements.json ./web-types.json ./vscode.html-custom-data.json ./vscode.css-custom-data.json ./package.json
# A project without a DOM and without the optional packages: imports must work, and missing packages must be reported.
mkdir -p "$work/app/node_modules/voice-agent-element"
tar -xzf "$tarball" -C "$work/app/node_modules/voice-agent-element" --strip-components=1
# Licence texts, SBOM and the forms of the script tag are published, the build's own records are not.
contents=$(tar -tzf "$tarball")
for file in THIRD_PARTY_LICENSES sbom.cdx.json embed.js files.json flat/embed.js flat/files.json single/voice-agent.js; do
  grep -qx "package/dist/$file" <<< "$contents" || { echo "dist/$file is not in the package" >&2; exit 1; }
done
if grep '^package/dist/\.' <<< "$contents" >&2; then echo 'these files should not be in the package' >&2; exit 1; fi
for dependency in lit lit-html lit-element @lit @lit-labs @types/trusted-types; do
  mkdir -p "$(dirname "$work/app/node_modules/$dependency")"
  cp -R "node_modules/$dependency" "$work/app/node_modules/$dependency"
done
cp tests/support/package-consumer.mjs "$work/app/check.mjs"
(cd "$work/app" && node check.mjs)
# The README's quick start, in an empty folder.
mkdir -p "$work/voice/node_modules"
cp -R "$work/app/node_modules/voice-agent-element" node_modules/ws "$work/voice/node_modules/"
node_modules/.bin/tsx .config/quick-start-check.ts "$work/voice"
bash .config/types-check.sh "$work/app"
bash .config/install-check.sh "$tarball"
