#!/usr/bin/env bash
# `npm run test:smoke`: the tests that changes to the widget break most often, in about a minute. Stops at the first failure.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s ==\n' "$1"; }

step 'types'; npm run --silent typecheck
step 'unit tests of the page code'
node_modules/.bin/vitest run --project unit --reporter=dot tests/unit/contract tests/unit/conversation tests/unit/session tests/unit/transport
step "page build"; rm -rf dist/chunks; node_modules/.bin/vite build --mode script --logLevel error
step 'a spoken call and a typed one (browser, WebRTC, audio)'
node_modules/.bin/playwright test -c tests/e2e/playwright.config.ts --reporter=list talk.spec typed.spec -g "a visitor presses|a text-only call never"
