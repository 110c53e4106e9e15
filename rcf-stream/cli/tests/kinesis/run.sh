#!/usr/bin/env bash
# Tests `rcf` against emulators of Kinesis and S3, on this machine alone.
#
# It needs cargo, a C compiler, Python 3.11 or later and Node 18 or later, and fetches what else it
# needs from the registries of cargo, pip and npm: into .cache/ at the top of the checkout, once.
# Arguments are handed to pytest. KINESIS_TEST_BINARY names a program that is already built.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../../.." && pwd)
cache=$root/.cache/kinesis
mkdir -p "$cache"

for tool in cargo cc python3 node npm; do
    command -v "$tool" >/dev/null || { echo "run.sh: $tool is missing" >&2; exit 1; }
done

# Whether a folder in the cache was made from this file. If not, it is taken away.
is_current() {
    cmp -s "$1" "$2/.made-from" || { rm -rf "$2"; return 1; }
}

if ! is_current "$here/requirements.txt" "$cache/venv"; then
    echo "run.sh: installing pytest, boto3 and an emulator of S3"
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$cache/venv/.made-from"
fi

KINESIS_TEST_EMULATOR=$("$here/emulator/install.sh")
export KINESIS_TEST_EMULATOR

if [[ -z ${KINESIS_TEST_BINARY:-} ]]; then
    echo "run.sh: building rcf with the features kinesis and s3 (two minutes the first time)"
    cd "$root"
    # As a by-product of the tests, with the whole workspace's features: after them, nothing is compiled.
    cargo test --quiet --locked --workspace --features rcf-cli/kinesis,rcf-cli/s3 --test cli --no-run
    target=$(cargo metadata --format-version 1 --no-deps |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
    export KINESIS_TEST_BINARY=$target/debug/rcf
fi

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/../support
exec "$cache/venv/bin/python" -m pytest -p no:cacheprovider --rootdir "$here" "$here" "$@"
