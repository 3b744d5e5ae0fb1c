#!/usr/bin/env bash
# Print the path of a Chromium for the browser tests. Installs Debian's where it may; prints nothing,
# and says so on stderr, where there is none: the browser tests are then skipped.
set -euo pipefail

find_chromium() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
        chrome-headless-shell headless-shell; do
        if [ -n "$name" ] && command -v "$name"; then return 0; fi
    done
    return 1
}

find_chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests" >&2
    export DEBIAN_FRONTEND=noninteractive
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >&2 2>&1; then
        find_chromium && exit 0
    fi
fi
cat >&2 <<'MESSAGE'
************************************************************************
  No Chromium found: THE BROWSER TESTS WILL BE SKIPPED.
  Install one (Debian: apt-get install chromium) or set CHROMIUM=/path.
************************************************************************
MESSAGE
