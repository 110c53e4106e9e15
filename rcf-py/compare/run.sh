#!/usr/bin/env bash
# Throughput and accuracy of rcf and other Python packages, on one series, in one run.
#
# Usage: rcf-py/compare/run.sh [--points N] [--rounds N]     (Python 3.11 or newer; jrcf needs Java)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=rcf-py/compare
venv=$PWD/.cache/venv-compare
if ! cmp -s "$here/requirements.txt" "$venv/.made-from"; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/.made-from"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps ./rcf-py
cargo build --quiet --release -p rcf-py --example core
core=${CARGO_TARGET_DIR:-target}/release/examples/core
exec "$venv/bin/python" "$here/compare.py" --core "$core" "$@"
