#!/usr/bin/env bash
# Builds rcf.wasm next to this script: the C interface for wasm32, at the portable SIMD level. Then tests
# the package with Node, if it is installed.
#
# Needs `rustup target add wasm32-unknown-unknown`.
#
# Usage: rcf-core/capi/wasm/build.sh [options of cargo]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

target=wasm32-unknown-unknown
if ! rustup target list --installed 2>/dev/null | grep -qx "$target"; then
    echo "skipped: the target is not installed (rustup target add $target)" >&2
    exit 1
fi
# Other profiles than release only for a look: PROFILE=dev.
profile=${PROFILE:-release}
cargo build --locked -p rcf-capi --lib --target "$target" --profile "$profile" "$@"
folder=$(cargo metadata --locked --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
cp "$folder/$target/$([[ $profile == dev ]] && echo debug || echo "$profile")/rcf.wasm" rcf.wasm
ls -l rcf.wasm
if command -v node >/dev/null; then
    node --test test.mjs
else
    echo "skipped: the tests need Node"
fi
