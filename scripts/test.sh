#!/usr/bin/env bash
# Runs all tests: Rust tests and doctests, examples, the Python wheel, and Kinesis against an emulator.
#
# Needs cargo, a C compiler, Python 3.11 and Node. Everything else is fetched by name from the
# registries of cargo, pip and npm into target/ and .cache/ of this checkout; nothing outside of it
# changes, and no AWS account is needed.
#
# Usage: scripts/test.sh [rust|python|kinesis]...   (all three by default)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

for tool in cargo cc python3 node npm; do
    command -v "$tool" >/dev/null || { echo "scripts/test.sh: $tool is missing" >&2; exit 1; }
done

[[ $# -gt 0 ]] || set -- rust python kinesis
for part in "$@"; do
    case $part in
        rust)
            say "Layers: no import cycle"
            scripts/import_cycles.py rcf-core rcf-stream rcf-stream/cli
            say "Rust: unit tests, laws, program, examples, doctests"
            cargo test --workspace --locked --features rcf-cli/kinesis,rcf-cli/s3,rcf-core/serde
            ;;
        python)
            say "Python: the wheel, in a virtual environment of its own"
            bash rcf-py/tests/run.sh
            ;;
        kinesis)
            say "Kinesis and S3: the program between streams and a bucket of emulators on this machine"
            bash rcf-stream/cli/tests/kinesis/run.sh
            ;;
        *)
            echo "scripts/test.sh: no part is called $part (there are rust, python, kinesis)" >&2
            exit 2
            ;;
    esac
done
say "all parts passed: $*"
