#!/usr/bin/env bash
# Everything that CI needs, cheapest first. Stops at the first failure.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s ==\n' "$1"; }
rm -rf test-results && mkdir -p test-results

step 'system packages and browsers for the tests'; bash .config/system-packages.sh; bash .config/chromium.sh; bash .config/firefox.sh
step 'types'; npm run --silent typecheck
step 'lint, layers, circles, accessibility of templates'; npm run --silent lint
step 'build'; npm run --silent build
step 'manifest and README tables'; node_modules/.bin/tsx .config/readme-tables.ts --check
step 'size budgets'; npm run --silent size
step 'the packed package'; bash .config/package-check.sh
step 'unit and server tests'
# By default vitest leaves one processor free. These tests wait a lot, so they use all of them.
node_modules/.bin/vitest run --project unit --maxWorkers=100% --reporter=default --reporter=json --outputFile.json=test-results/unit.json
step 'component tests (browser)'
node_modules/.bin/vitest run --project component --reporter=default --reporter=json --outputFile.json=test-results/component.json
step 'end to end (browser, WebRTC, sound)'
npm run --silent test:e2e
node_modules/.bin/tsx .config/test-totals.ts
