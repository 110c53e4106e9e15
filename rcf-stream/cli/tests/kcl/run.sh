#!/usr/bin/env bash
# Tests `rcf run --multilang` under two real MultiLangDaemons, on this machine alone.
#
# It needs cargo, Java 17, Maven, Python 3.11 and Node, and fetches what else it needs by name from
# the registries into .cache/ at the top of the checkout, once. It takes some minutes, most of them
# waiting for leases, so it is a recipe and no part of CI.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../../.." && pwd)
cache=$root/.cache/kcl
mkdir -p "$cache"

for tool in cargo java mvn python3 node npm; do
    command -v "$tool" >/dev/null || { echo "run.sh: $tool is missing" >&2; exit 1; }
done

if ! cmp -s "$here/pom.xml" "$cache/jars/.made-from"; then
    echo "run.sh: fetching the jars of the MultiLangDaemon"
    rm -rf "$cache/jars"
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache/jars"
    cp "$here/pom.xml" "$cache/jars/.made-from"
fi
if ! cmp -s "$here/requirements.txt" "$cache/venv/.made-from"; then
    echo "run.sh: installing the emulator of DynamoDB"
    rm -rf "$cache/venv"
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$cache/venv/.made-from"
fi
emulator=$("$here/../kinesis/emulator/install.sh")

if [[ -z ${KCL_TEST_BINARY:-} ]]; then
    (cd "$root" && cargo build --quiet --locked --package rcf-cli --bin rcf)
    target=$(cd "$root" && cargo metadata --format-version 1 --no-deps |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
    KCL_TEST_BINARY=$target/debug/rcf
fi

export PYTHONDONTWRITEBYTECODE=1
exec "$cache/venv/bin/python" "$here/two_daemons.py" \
    --rcf "$KCL_TEST_BINARY" --jars "$cache/jars" --kinesis "$emulator"
