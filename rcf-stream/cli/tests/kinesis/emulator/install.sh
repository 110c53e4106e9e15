#!/usr/bin/env bash
# Installs the Kinesis emulator into .cache/ of the checkout, once for each version, and prints where
# it is.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$here/../../../../.." && pwd)/.cache/kinesis/emulator

if ! cmp -s "$here/package-lock.json" "$cache/.made-from"; then
    echo "installing the emulator of Kinesis" >&2
    rm -rf "$cache"
    mkdir -p "$cache"
    cp "$here/package.json" "$here/package-lock.json" "$cache/"
    (cd "$cache" && npm ci --silent --no-audit --no-fund --ignore-scripts >&2)
    cp "$here/package-lock.json" "$cache/.made-from"
fi
echo "$cache/node_modules/kinesis-local"
