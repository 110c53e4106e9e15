#!/usr/bin/env bash
# A short form of the tests in C, Go, JavaScript, Java and Kafka. It uses what `scripts/test.sh rust` has compiled, and may
# then take three minutes of processor time. Where a tool or Maven's registry is missing, a line says what is skipped.
#
# Usage: scripts/integrations.sh [c|javascript|java|kafka]...   (all by default)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }
# Whether all tools are there: what needs them, the recipe that runs all its tests, and the tools.
can() {
    local what=$1 recipe=$2 tool
    shift 2
    for tool in "$@"; do
        command -v "$tool" >/dev/null && continue
        echo "skipped: $what, because $tool is not installed (with it, $recipe runs all tests)"
        return 1
    done
}

[[ $# -gt 0 ]] || set -- c javascript java kafka
for part in "$@"; do
    case $part in
        c)
            say "C: valgrind, the shared library by pkg-config, Go (all: just capi)"
            can "C in valgrind, and Go" "just capi" valgrind || continue
            RCF_CALLS=2000 rcf-core/capi/test.sh
            ;;
        javascript)
            say "JavaScript, from an unoptimised build (all: just wasm)"
            can JavaScript "just wasm" node rustup || continue
            target=wasm32-unknown-unknown
            if ! rustup target list --installed | grep -qx "$target"; then
                echo "skipped: JavaScript, because Rust cannot build for it (after rustup target add $target," \
                    "just wasm runs all tests)"
                continue
            fi
            PROFILE=dev rcf-core/capi/wasm/build.sh --quiet --config profile.dev.package.rcf-core.opt-level=0
            ;;
        java)
            say "Java and Flink, one release of it (all: just java)"
            can "Java and Flink" "just java" java javac mvn || continue
            PROFILE=dev FLINK_VERSIONS=2.3.0 rcf-stream/flink/java.sh test \
                -Dtest=BitsTest,BlogJobTest,FailuresTest,ProgramTest,ReadmeTest
            ;;
        kafka)
            say "Kafka: bits, the example of the guide, kills of program and broker (all: just kafka)"
            can Kafka "just kafka" java mvn make || continue
            # The C takes three times as long optimised.
            CFLAGS="-O0 -g0" rcf-stream/cli/tests/kafka/run.sh -q -k "bits or exactly_once or example"
            ;;
        *)
            echo "scripts/integrations.sh: no part is called $part (there are c, javascript, java, kafka)" >&2
            exit 2
            ;;
    esac
done
