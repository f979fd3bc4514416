#!/usr/bin/env bash
# System packages for the tests: browsers, a sound card for Firefox and WebKitGTK, a screen reader, fonts for screenshots, Redis, nginx,
# Prometheus, Python's websocket package, WordPress with MariaDB and PHP. On Debian and Ubuntu this script installs them, as root or with
# passwordless sudo; otherwise it prints the command to run.
set -euo pipefail
has() { command -v "$1" >/dev/null; }
distribution=$(. /etc/os-release 2>/dev/null && echo "${ID:-}" || true)

needed=()
# If Debian's package is not available, .config/chromium.sh downloads Playwright's browser.
if [ "$distribution" = debian ] && ! has chromium && ! has google-chrome; then needed+=(chromium); fi
if ! has firefox-esr && ! has firefox; then if [ "$distribution" = ubuntu ]; then needed+=(firefox); else needed+=(firefox-esr); fi; fi
# WebKitGTK with its test browser, which needs a display (Xvfb, below).
has WebKitWebDriver || needed+=(webkit2gtk-driver)
has redis-server || needed+=(redis-server)
# Runs the proxy configurations of src/server/deploy.
has openssl || needed+=(openssl)
has nginx || [ -x /usr/sbin/nginx ] || needed+=(nginx)
# Checks the alert rules and the queries of the dashboard.
if ! has promtool || ! has prometheus; then needed+=(prometheus); fi
# Firefox has no fake sound card and does not connect over loopback: its tests create a sound card, which WebKitGTK uses too, and, if
# needed, a network.
has pulseaudio || needed+=(pulseaudio)
has ip || [ -x /usr/sbin/ip ] || [ -x /sbin/ip ] || needed+=(iproute2)
# A screen reader and its requirements: a display, a message bus, the accessibility bus.
has orca || needed+=(orca)
has Xvfb || needed+=(xvfb)
has dbus-daemon || needed+=(dbus)
[ -x /usr/libexec/at-spi-bus-launcher ] || needed+=(at-spi2-core)
# WordPress with its database and PHP, and the tools that check the plug-in's code.
[ -f /usr/share/wordpress/wp-load.php ] || needed+=(wordpress)
[ -d /usr/share/wordpress/wp-content/themes/twentytwentythree ] || needed+=(wordpress-theme-twentytwentythree)
has mariadbd || [ -x /usr/sbin/mariadbd ] || needed+=(mariadb-server)
if ! has php || [ "$(php -m | grep -cixE 'mysqli|pdo_sqlite|mbstring|xml|curl')" -ne 5 ]; then needed+=(php-cli php-mysql php-sqlite3 php-mbstring php-xml php-curl); fi
has phpunit || needed+=(phpunit)
has phpcs || needed+=(php-codesniffer)
has unzip || needed+=(unzip)
has msgfmt || needed+=(gettext)
python3 -c 'import websocket' 2>/dev/null || /usr/bin/python3 -c 'import websocket' 2>/dev/null || needed+=(python3-websocket)
if ! has fc-list || [ -z "$(fc-list 'DejaVu Sans:style=Oblique')" ]; then needed+=(fontconfig fonts-dejavu-core fonts-dejavu-extra); fi
if [ ${#needed[@]} -eq 0 ]; then echo 'system packages: all installed'; exit 0; fi

if ! has apt-get; then
  echo "The tests need system packages (Debian names: ${needed[*]}). Install them, then run the tests again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! has sudo || ! sudo -n true 2>/dev/null; then
    echo "The tests need system packages. Run this command, then run the tests again: sudo apt-get update && sudo apt-get install -y ${needed[*]}" >&2
    exit 1
  fi
  as_root=(sudo -n)
fi
echo "installing ${needed[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${needed[@]}"
# The tests start their own nginx and MariaDB: the packages' services must not run.
for service in nginx mariadb; do
  if [[ " ${needed[*]} " == *" $service"* ]] && has systemctl; then "${as_root[@]}" systemctl disable --now "$service" 2>/dev/null || true; fi
done
