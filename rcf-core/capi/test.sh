#!/usr/bin/env bash
# Tests the C library as its users get it: programs in C, a long random sequence of calls, both in
# valgrind, the installation with pkg-config, and the Go package.
#
# Needs cargo, a C compiler and valgrind; Go and pkg-config are optional. Everything is built in
# target/ of this checkout.
#
# Usage: rcf-core/capi/test.sh
#   RCF_CALLS=50000   this many random calls; a tenth of them in valgrind
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '\n== %s\n' "$*"; }
for tool in cargo cc valgrind; do
    command -v "$tool" >/dev/null || { echo "rcf-core/capi/test.sh: $tool is missing" >&2; exit 1; }
done
calls=${RCF_CALLS:-50000}
bits=$PWD/rcf-core/tests/bits/expected.csv
checked() {
    local leaks=(--leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite)
    valgrind --quiet "${leaks[@]}" --error-exitcode=9 "$@"
}

say "Rust: header, C programs, $calls random calls"
# With the features of the whole workspace: after its tests, nothing is compiled again.
tests=(--locked --workspace --features rcf-core/serde --test c --test calls --test header)
RCF_CALLS=$calls cargo test "${tests[@]}"
programs=$(cargo test "${tests[@]}" --no-run --message-format=json 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == "calls":
        print(message["executable"])')
target=$(cargo metadata --locked --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')

say "valgrind: the C programs, and $((calls / 10)) random calls"
checked "$target/tmp/bits-static" "$bits"
checked "$target/tmp/spike"
RCF_CALLS=$((calls / 10)) checked "$programs" any_sequence

say "Installation, and a program by pkg-config"
prefix=$target/capi
BUILT=$target/debug/deps rcf-core/capi/install.sh "$prefix"
if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    read -ra flags <<<"$(pkg-config --cflags --libs rcf)"
    cc rcf-core/capi/examples/spike.c -o "$prefix/spike" "${flags[@]}" "-Wl,-rpath,$prefix/lib"
    "$prefix/spike"
else
    echo "skipped: pkg-config is not installed"
fi

say "Go"
if command -v go >/dev/null; then
    cd rcf-core/capi/go
    export CGO_CFLAGS="-I$prefix/include" CGO_LDFLAGS="-L$prefix/lib -Wl,-rpath,$prefix/lib"
    go vet ./...
    go test -count=1 ./...
else
    echo "skipped: go is not installed"
fi
say "all of the C interface passed"
