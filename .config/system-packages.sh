#!/usr/bin/env bash
# What the tests need from the system: browsers, a sound card for Firefox, a screen reader, fonts for the pictures, Redis, Python's
# websocket package. On Debian and Ubuntu it is installed here, as root or by a sudo that asks for no password; otherwise one line says what to run.
set -euo pipefail
has() { command -v "$1" >/dev/null; }
distribution=$(. /etc/os-release 2>/dev/null && echo "${ID:-}" || true)

needed=()
# Where Debian's package is not to be had, .config/chromium.sh asks Playwright for a browser.
if [ "$distribution" = debian ] && ! has chromium && ! has google-chrome; then needed+=(chromium); fi
if ! has firefox-esr && ! has firefox; then if [ "$distribution" = ubuntu ]; then needed+=(firefox); else needed+=(firefox-esr); fi; fi
has redis-server || needed+=(redis-server)
# Firefox has no fake sound card, and calls nothing over loopback: its tests make a card, and where there is no other network, one.
has pulseaudio || needed+=(pulseaudio)
has ip || [ -x /usr/sbin/ip ] || [ -x /sbin/ip ] || needed+=(iproute2)
# A screen reader and what it needs to read a browser: a display, a message bus, the accessibility bus.
has orca || needed+=(orca)
has Xvfb || needed+=(xvfb)
has dbus-daemon || needed+=(dbus)
[ -x /usr/libexec/at-spi-bus-launcher ] || needed+=(at-spi2-core)
python3 -c 'import websocket' 2>/dev/null || /usr/bin/python3 -c 'import websocket' 2>/dev/null || needed+=(python3-websocket)
if ! has fc-list || [ -z "$(fc-list 'DejaVu Sans:style=Oblique')" ]; then needed+=(fontconfig fonts-dejavu-core fonts-dejavu-extra); fi
if [ ${#needed[@]} -eq 0 ]; then echo 'system packages: all there'; exit 0; fi

if ! has apt-get; then
  echo "The tests need packages of the system (by their Debian names: ${needed[*]}). Install them, then run the tests again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! has sudo || ! sudo -n true 2>/dev/null; then
    echo "The tests need packages of the system. Run this, then the tests again: sudo apt-get update && sudo apt-get install -y ${needed[*]}" >&2
    exit 1
  fi
  as_root=(sudo -n)
fi
echo "installing ${needed[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${needed[@]}"
