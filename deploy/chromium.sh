#!/usr/bin/env bash
# Print the path of a Chromium for the browser tests: best one that draws no windows, which is much
# lighter. Installs Debian's where it may; prints nothing, and says so on stderr, where there is none:
# the browser tests are then skipped.
set -euo pipefail

find_chromium() {
    local name
    for name in "${CHROMIUM:-}" chromium-headless-shell chrome-headless-shell headless-shell chromium \
        chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$name" ] && command -v "$name"; then return 0; fi
    done
    return 1
}

find_chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2 || true
    for package in chromium-headless-shell chromium; do
        if apt-get install -y -qq --no-install-recommends "$package" >&2; then
            find_chromium && exit 0
        fi
    done
fi
cat >&2 <<'MESSAGE'
************************************************************************
  No Chromium found: THE BROWSER TESTS WILL BE SKIPPED.
  Install one (Debian: apt-get install chromium) or set CHROMIUM=/path.
************************************************************************
MESSAGE
