#!/usr/bin/env bash
# Ensures that a Chromium for the tests is installed: the system's, otherwise Playwright's own download.
set -euo pipefail
cd "$(dirname "$0")/.."
for candidate in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
  if [ -x "$candidate" ]; then echo "browser: $candidate"; exit 0; fi
done
echo "no Chromium found on this system: downloading Playwright's"
node_modules/.bin/playwright install chromium-headless-shell chromium || {
  echo "No browser found. Install one, for example: sudo apt-get install -y chromium" >&2
  exit 1
}
