#!/usr/bin/env bash
# Fails if the operator alone needs 45 packages or more, or does not build alone. A program with
# its own loop compiles no runtime, no HTTP and no SQL for it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

alone=(--locked -p rcf-stream --no-default-features --features operator)
packages=$(cargo tree "${alone[@]}" -e normal --prefix none | sed 's/ (\*)$//' | sort -u)
count=$(wc -l <<<"$packages")
if ((count >= 45)); then
    printf 'the operator needs %d packages; fewer than 45 are allowed:\n%s\n' "$count" "$packages" >&2
    exit 1
fi
cargo run --quiet "${alone[@]}" --example operator
cargo check --quiet --locked -p rcf-stream --features pipeline
echo "the operator needs $count packages"
