#!/usr/bin/env bash
# Makes sure that there is a Chromium for the tests: the system's, or else Playwright's own download.
set -euo pipefail
cd "$(dirname "$0")/.."
for candidate in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
  if [ -x "$candidate" ]; then echo "browser: $candidate"; exit 0; fi
done
echo "no Chromium found on this system: asking Playwright for one"
node_modules/.bin/playwright install chromium-headless-shell chromium || {
  echo "No browser. Install one, for example: sudo apt-get install -y chromium" >&2
  exit 1
}
