#!/usr/bin/env bash
# Tests `rcf` against a Kafka broker, on this machine alone.
#
# It needs cargo, a C compiler with make, Java 17, Maven and Python 3.11, and fetches what else it
# needs by name from the registries into .cache/kafka at the top of the checkout, once. Where Java
# or Maven are missing, or Maven cannot reach its registry, it says so and ends well. Arguments are
# handed to pytest.
#
#   KAFKA_TEST_BINARY         a program with the feature kafka that is already built
#   KAFKA_TEST_KILLS          kills of the program in the test of kills   [3]
#   KAFKA_TEST_BROKER_KILLS   kills of the broker in it                   [1]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../../.." && pwd)
cache=$root/.cache/kafka
mkdir -p "$cache"

for tool in java mvn; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }
done
for tool in cargo cc make python3; do
    command -v "$tool" >/dev/null || { echo "run.sh: $tool is missing" >&2; exit 1; }
done

if ! cmp -s "$here/pom.xml" "$cache/jars/.made-from"; then
    echo "run.sh: fetching the jars of a broker (44 MB)"
    rm -rf "$cache/jars"
    copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies
    "$root/scripts/maven.sh" -f "$here/pom.xml" "$copy" \
        -DincludeScope=runtime -DoutputDirectory="$cache/jars" || exit $(($? == 3 ? 0 : 1))
    cp "$here/pom.xml" "$cache/jars/.made-from"
fi
if ! cmp -s "$here/requirements.txt" "$cache/venv/.made-from"; then
    echo "run.sh: installing pytest and a Kafka client"
    rm -rf "$cache/venv"
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$cache/venv/.made-from"
fi
export KAFKA_TEST_JARS=$cache/jars

if [[ -z ${KAFKA_TEST_BINARY:-} ]]; then
    echo "run.sh: building rcf with the feature kafka (librdkafka takes two minutes the first time)"
    # As a by-product of tests, with the whole workspace's features: after them, the core is not compiled again.
    (cd "$root" && cargo test --quiet --locked --workspace --features rcf-cli/kafka,rcf-core/serde \
        --test cli --no-run)
    target=$(cd "$root" && cargo metadata --format-version 1 --no-deps |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
    export KAFKA_TEST_BINARY=$target/debug/rcf
fi

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/../support
exec "$cache/venv/bin/python" -m pytest -p no:cacheprovider --rootdir "$here" "$here" "$@"
