#!/usr/bin/env bash
# Ensures that a system Firefox is installed for the tests that use one; they cannot use Playwright's build.
set -euo pipefail
for candidate in /usr/bin/firefox-esr /usr/bin/firefox; do
  if [ -x "$candidate" ]; then echo "browser: $candidate"; exit 0; fi
done
echo "No Firefox found. Install it, for example: sudo apt-get install -y firefox-esr" >&2
exit 1
