#!/usr/bin/env bash
# What idle connections, slow readers and floods of headers take from the stream.
#
# Usage: scripts/flood.sh [SECONDS]   (120 by default, and half as long without before and after).
# BINARY names a program that is built already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-120}

if [[ -z ${BINARY:-} ]]; then
    cargo build --quiet --release --package rcf-cli --bin rcf
    BINARY=$(cargo metadata --format-version 1 --no-deps |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/rcf
fi
exec python3 scripts/flood.py "$BINARY" "$seconds"
