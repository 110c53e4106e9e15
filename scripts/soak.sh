#!/usr/bin/env bash
# Runs the program at full speed for a while, and reports what its memory and its output do.
#
# Usage: scripts/soak.sh [SECONDS [RATE]]   (600 by default; RATE records a second instead of full speed).
# Takes and leaves nothing but a temporary folder.
# BINARY names a program that is built already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-600}

if [[ -z ${BINARY:-} ]]; then
    cargo build --quiet --release --package rcf-cli --bin rcf
    BINARY=$(cargo metadata --format-version 1 --no-deps |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/rcf
fi
exec python3 scripts/soak.py "$BINARY" "$seconds" "${@:2}"
