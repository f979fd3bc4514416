#!/usr/bin/env bash
# Makes sure that there is a Firefox of the system for the tests that drive one; Playwright brings none that they can use.
set -euo pipefail
for candidate in /usr/bin/firefox-esr /usr/bin/firefox; do
  if [ -x "$candidate" ]; then echo "browser: $candidate"; exit 0; fi
done
echo "No Firefox. Install one, for example: sudo apt-get install -y firefox-esr" >&2
exit 1
