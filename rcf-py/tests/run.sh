#!/usr/bin/env bash
# Tests the Python package as a user gets it: makes a virtual environment in .cache/venv-py of this
# checkout, installs the pinned test requirements and the wheel into it (`pip install ./rcf-py`, which
# compiles the release build), and runs ruff and pytest there: unit and property tests, doctests, threads,
# mypy and stubtest, and the Python example. Nothing outside the checkout changes.
#
# Usage: rcf-py/tests/run.sh [pytest arguments]
#   PYTHON=python3.12   the interpreter for the environment (default: python3; 3.10 or newer)
set -euo pipefail

cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
venv=$PWD/.cache/venv-py

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "rcf needs Python 3.10 or newer; name one with PYTHON=..., this is $("$python" --version)" >&2
    exit 1
fi
# An environment of another interpreter, or one whose checkout was moved, is made again.
if ! "$venv/bin/python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$("$python" -c \
    'import sys; print("%d.%d" % sys.version_info[:2])')')" 2>/dev/null; then
    echo "== virtual environment in .cache/venv-py"
    "$python" -m venv --clear "$venv"
fi
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }

echo "== test requirements"
pip install -r rcf-py/tests/requirements.txt
echo "== pip install ./rcf-py"
pip install --force-reinstall --no-deps ./rcf-py
echo "== ruff"
ruff() { "$venv/bin/ruff" "$@" --quiet --no-cache --config rcf-py/pyproject.toml rcf-py examples/python; }
ruff check
ruff format --diff
echo "== pytest: unit and property tests, doctests, mypy, stubtest, example"
exec "$venv/bin/python" -m pytest -c rcf-py/pyproject.toml --rootdir rcf-py rcf-py/tests "$@"
