#!/usr/bin/env bash
# Ensures that the system's WebKitGTK is installed for the tests that use one; they cannot use Playwright's build.
set -euo pipefail
if [ -x /usr/bin/WebKitWebDriver ]; then echo "browser: WebKitGTK, driven by /usr/bin/WebKitWebDriver"; exit 0; fi
echo "No WebKitGTK found. Install it, for example: sudo apt-get install -y webkit2gtk-driver" >&2
exit 1
