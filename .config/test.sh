#!/usr/bin/env bash
# All checks that CI runs, cheapest first. Stops at the first failure.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s ==\n' "$1"; }
rm -rf test-results && mkdir -p test-results

step 'system packages and browsers for the tests'; bash .config/system-packages.sh; bash .config/chromium.sh; bash .config/firefox.sh
step 'types'; npm run --silent typecheck
# Lint runs in parallel with the build; its output is shown afterwards.
npm run --silent lint > test-results/lint.log 2>&1 & lint=$!
trap 'kill "$lint" 2>/dev/null || true' EXIT
step 'build'; npm run --silent build
step 'manifest and README tables'; node_modules/.bin/tsx .config/readme-tables.ts --check
step 'size budgets'; npm run --silent size
step 'packed package'; bash .config/package-check.sh
step 'examples'; bash .config/examples-check.sh
step 'lint, import rules, import cycles, template accessibility'; wait "$lint" || { cat test-results/lint.log; exit 1; }
step 'unit and server tests'
node_modules/.bin/vitest run --project unit --reporter=default --reporter=json --outputFile.json=test-results/unit.json
step 'component tests (browser)'
node_modules/.bin/vitest run --project component --reporter=default --reporter=json --outputFile.json=test-results/component.json
step 'end-to-end tests (browser, WebRTC, audio)'
npm run --silent test:e2e
node_modules/.bin/tsx .config/test-totals.ts
