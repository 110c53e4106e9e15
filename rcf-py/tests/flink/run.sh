#!/usr/bin/env bash
# Tests rcf.flink on a standalone cluster of this machine: a JobManager and TaskManagers of the package
# apache-flink, on 127.0.0.1. Kills a TaskManager with -9, takes a savepoint, continues with two workers.
#
# Needs Java 17 and Python 3.11 (apache-flink 2.3 has no later one), and a gigabyte in .cache, once.
#
# Usage: rcf-py/tests/flink/run.sh [pytest arguments]      two minutes
#        FLINK_TEST_LONG=1 rcf-py/tests/flink/run.sh       five kills, and an undisturbed run
#        rcf-py/tests/flink/run.sh measure                 latency and cost by size of bundle
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
here=rcf-py/tests/flink
venv=$PWD/.cache/venv-flink
python=${PYTHON:-python3.11}

for tool in java "$python"; do
    command -v "$tool" >/dev/null || { echo "run.sh: $tool is missing" >&2; exit 1; }
done
if ! cmp -s "$here/requirements.txt" "$venv/.made-from"; then
    echo "== installing Flink into .cache/venv-flink"
    "$python" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/.made-from"
fi
echo "== pip install ./rcf-py"
"$venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps ./rcf-py
if [[ ${1:-} == measure ]]; then
    exec "$venv/bin/python" "$here/measure.py" "${@:2}"
fi
# PyFlink leaves the end of its Java process to the end of this one.
exec "$venv/bin/python" -m pytest -W ignore::pytest.PytestUnraisableExceptionWarning -c rcf-py/pyproject.toml --rootdir rcf-py --confcutdir "$here" "$here" "$@"
