#!/usr/bin/env bash
# Installs every example of src/examples/ with the packed package, as a user would, and checks its types, its build and its
# configuration. Needs dist/ and the npm registry.
#   examples-check.sh          without Next and Wrangler, whose packages are large: the Worker is bundled with esbuild
#   examples-check.sh --all    all of them, and calls from the built examples in a browser; needs Node 22.12
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD all=false
case "${1:-}" in
  '') ;;
  --all)
    all=true
    node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 22 || (major == 22 && minor >= 12) ? 0 : 1)' ||
      { echo "examples-check.sh --all needs Node 22.12 or newer, because Wrangler does; this is Node $(node --version)" >&2; exit 1; } ;;
  *) echo "Usage: examples-check.sh [--all]" >&2; exit 2 ;;
esac
if [ ! -e dist/index.js ]; then echo 'dist/ is missing: run npm run build first' >&2; exit 1; fi
if grep -rnE "(from|import|src=|href=)[ (]*[\"'][./]*\.\./\.\./" src/examples; then echo 'examples import only the package, by its name' >&2; exit 1; fi

work=$(mktemp -d)
# Each job has its own process group, so that a failure also ends what the other jobs started.
set -m
jobs_started=()
clean_up() {
  exec 2>/dev/null
  for job in "${jobs_started[@]}"; do kill -- "-$job" || true; done
  wait || true
  rm -rf "$work"
}
trap clean_up EXIT
tarball="$work/$(npm pack --silent --ignore-scripts --pack-destination "$work" 2>/dev/null | tail -n 1)"
export NEXT_TELEMETRY_DISABLED=1 WRANGLER_SEND_METRICS=false
unset OPENAI_API_KEY OPENAI_BASE_URL

install() {
  node - "$tarball" "$all" <<'NODE'
const { readFileSync, writeFileSync } = require('node:fs');
const [, , tarball, all] = process.argv;
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
manifest.dependencies['voice-agent-element'] = `file:${tarball}`;
if (all === 'false') delete manifest.devDependencies?.wrangler;
writeFileSync('package.json', JSON.stringify(manifest));
NODE
  npm install --no-audit --no-fund --no-package-lock --prefer-offline --ignore-scripts --fetch-retries=1 --loglevel=error && return
  # npm's own message does not state what the network is needed for.
  echo "npm cannot install the example's packages. They come from $(npm config get registry): is it reachable?"
  return 1
}

# Runs an Express server without and with a key, and requests what its README promises.
check_express() {
  if node server.js > no-key.log 2>&1; then echo 'the server starts without a key'; return 1; fi
  grep -q 'upstream.apiKey' no-key.log || { cat no-key.log; return 1; }
  node --input-type=module <<'NODE'
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const port = String(probe.address().port);
probe.close();
const server = spawn(process.execPath, ['server.js'], { env: { ...process.env, PORT: port, OPENAI_API_KEY: 'sk-none' }, stdio: ['ignore', 'pipe', 'inherit'] });
try {
  await Promise.race([once(server.stdout, 'data'), once(server, 'exit').then(() => assert.fail('the server exits'))]);
  const url = `http://127.0.0.1:${port}`;
  assert.match(await (await fetch(url)).text(), /<voice-agent /);
  assert.equal((await fetch(`${url}/voice-agent.js`)).status, 200);
  const refused = await fetch(`${url}/voice/token`, { method: 'POST' });
  assert.deepEqual([refused.status, (await refused.json()).code], [403, 'origin_missing']);
} finally {
  server.kill();
}
await once(server, 'exit');
NODE
}

bundle_worker() {
  if $all; then npm run --silent widget && node_modules/.bin/wrangler deploy --dry-run; return; fi
  "$root/node_modules/.bin/esbuild" worker.ts --bundle --format=esm --conditions=workerd,worker,browser '--external:node:*' '--external:cloudflare:*' --outfile=worker.js
}

check() { # name of an example, whose copy is the working directory
  install
  npm run --if-present typecheck
  npm run --if-present build
  if [ -e voice-agent.config.json ]; then
    # The variables that the examples name.
    OPENAI_API_KEY=sk-none BIKES_API_KEY=sk-bikes BOOKS_API_KEY=sk-books VOICE_AGENT_PEPPER=0123456789abcdef0123456789abcdef \
      node_modules/.bin/voice-agent-server --check
  fi
  case $1 in
    express) check_express ;;
    workers) bundle_worker ;;
  esac
}

names=() started=$SECONDS
for folder in src/examples/*/; do
  name=$(basename "$folder")
  if [ "$name" = next ] && ! $all; then continue; fi
  cp -R "$folder" "$work/$name"
  (cd "$work/$name"; set -e; check "$name") > "$work/$name.log" 2>&1 &
  names+=("$name") jobs_started+=($!)
done
for index in "${!names[@]}"; do
  name=${names[index]}
  wait "${jobs_started[index]}" || { tail -n 40 "$work/$name.log" >&2; echo "src/examples/$name fails; see above" >&2; exit 1; }
  echo "src/examples/$name installs, compiles and builds ($((SECONDS - started)) s)"
done
if $all; then node_modules/.bin/tsx .config/examples-calls.ts "$work"; fi
