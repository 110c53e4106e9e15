#!/usr/bin/env bash
# Builds the wheel for every Linux since glibc 2.17 (manylinux2014) and every Python since 3.10: the linker
# is zig, so that an old glibc needs no old machine. auditwheel has the last word on what it needs.
# `pip wheel ./rcf-py` gives one for the glibc of this machine, without zig.
#
# Usage: rcf-py/wheel.sh [FOLDER]      (default: target/wheels)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-target/wheels}
venv=$PWD/.cache/venv-wheel
if [[ ! -x $venv/bin/auditwheel ]]; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'maturin[zig]>=1.9.4,<2' auditwheel
fi
export PATH=$venv/bin:$PATH
maturin build --release --quiet --zig --compatibility manylinux2014 --manifest-path rcf-py/Cargo.toml --out "$out"
wheel=$(ls -t "$out"/rcf-*-manylinux*.whl | head -1)
shown=$(auditwheel show "$wheel")
echo "$shown"
[[ $shown == *'"manylinux_2_17_'* ]] || { echo "wheel.sh: it needs a newer glibc" >&2; exit 1; }
bytes=$(stat -c %s "$wheel")
echo "$wheel: $bytes bytes"
((bytes < 3000000)) || { echo "wheel.sh: more than 3 MB" >&2; exit 1; }
