#!/usr/bin/env bash
# All checks that CI runs, cheapest first. Stops at the first failure.
set -euo pipefail
cd "$(dirname "$0")/.."
# Headings show the minutes since the start.
step() { printf '\n== %s (%d:%02d) ==\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }
rm -rf test-results && mkdir -p test-results

# Checks that run beside the following steps.
declare -A beside=()
start() { local name=$1; shift; "$@" > "test-results/$name.log" 2>&1 & beside[$name]=$!; }
finish() { local status=0; wait "${beside[$1]}" || status=$?; unset "beside[$1]"; cat "test-results/$1.log"; return "$status"; }
trap 'kill "${beside[@]}" 2>/dev/null || true' EXIT

step 'system packages and browsers for the tests'; bash .config/system-packages.sh; bash .config/chromium.sh; bash .config/firefox.sh; bash .config/webkit.sh; bash .config/wordpress-sqlite.sh
step 'types'; npm run --silent typecheck
start lint npm run --silent lint
step 'build'; npm run --silent build
start api node_modules/.bin/tsx .config/api-report.ts --check
step 'manifest, README and CONTRIBUTING tables'; node_modules/.bin/tsx .config/element-props.ts --check; node_modules/.bin/tsx .config/readme-tables.ts --check; node_modules/.bin/tsx .config/layer-tables.ts --check; node_modules/.bin/tsx .config/wordpress-translations.ts --check
step 'size budgets'; npm run --silent size -- --report
step 'packed package'; bash .config/package-check.sh
step 'examples'; bash .config/examples-check.sh
step 'lint, import rules, import cycles, template accessibility'; finish lint
step 'public API'; finish api
step 'unit and server tests, with a floor for their coverage'
node_modules/.bin/vitest run --project unit --coverage --reporter=default --reporter=json --outputFile.json=test-results/unit.json
step 'component tests (browser)'
node_modules/.bin/vitest run --project component --reporter=default --reporter=json --outputFile.json=test-results/component.json
step 'end-to-end tests (browser, WebRTC, audio)'
npm run --silent test:e2e
step 'promises in SECURITY.md'; node_modules/.bin/tsx .config/security-promises.ts --results
step 'total'; node_modules/.bin/tsx .config/test-totals.ts
