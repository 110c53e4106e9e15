#!/usr/bin/env bash
# Fails if the core's main operations take over 5 % more instructions than benches/instructions.json says.
# The count depends on the compiler: after a change of it, or one that is worth its instructions, run
# `just instructions --update`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v valgrind >/dev/null; then
    echo "skipped: instructions are counted by valgrind, which is not installed"
    exit 0
fi
cargo run --quiet --release --locked -p rcf-benches --no-default-features --bin instructions -- --check 5 \
    --op process,attribution --workloads W1a,W2,W4,W5
