#!/usr/bin/env bash
# Builds wheels of the Python package for Linux. The linker is zig, so that an old glibc needs no old
# machine, another processor no other machine, and musl no Alpine; auditwheel has the last word on what a
# wheel needs. `pip wheel ./rcf-py` gives one for the glibc of this machine, without zig. Wheels for macOS
# and Windows are made by .github/workflows/wheels.yml.
#
# Usage: rcf-py/wheel.sh [FOLDER] [KIND...]      (default: target/wheels x86_64)
#   x86_64    every Python since 3.10, every Linux since glibc 2.17 (manylinux2014)
#   aarch64   the same for ARM; needs `rustup target add aarch64-unknown-linux-gnu`
#   musl      Alpine and others on x86_64 (musllinux_1_2); needs the target x86_64-unknown-linux-musl
#   3.14t     the free-threaded CPython 3.14 on x86_64, which the stable ABI does not cover
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-target/wheels}
(($# > 0)) && shift
(($# > 0)) || set -- x86_64
venv=$PWD/.cache/venv-wheel
if [[ ! -x $venv/bin/auditwheel ]]; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'maturin[zig]>=1.9.4,<2' auditwheel
fi
export PATH=$venv/bin:$PATH

# The libraries that the module of a wheel needs.
needed_by() {
    python - "$1" <<'END'
import io, sys, zipfile
from elftools.elf.elffile import ELFFile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    [name] = [name for name in wheel.namelist() if name.endswith(".so")]
    dynamic = ELFFile(io.BytesIO(wheel.read(name))).get_section_by_name(".dynamic")
    print(*(tag.needed for tag in dynamic.iter_tags("DT_NEEDED")))
END
}

for kind in "$@"; do
    case $kind in
        x86_64) flags=(--compatibility manylinux2014) needs=manylinux_2_17_x86_64 tag=cp310-abi3 ;;
        aarch64)
            flags=(--target aarch64-unknown-linux-gnu --compatibility manylinux2014)
            needs=manylinux_2_17_aarch64 tag=cp310-abi3
            ;;
        musl)
            flags=(--target x86_64-unknown-linux-musl --compatibility musllinux_1_2)
            needs=musllinux_1_2_x86_64 tag=cp310-abi3
            ;;
        3.14t)
            flags=(--interpreter python3.14t --compatibility manylinux2014)
            needs=manylinux_2_17_x86_64 tag=cp314-cp314t
            ;;
        *) echo "wheel.sh: no kind is called $kind (x86_64, aarch64, musl, 3.14t)" >&2; exit 2 ;;
    esac
    maturin build --release --locked --quiet --zig "${flags[@]}" --manifest-path rcf-py/Cargo.toml --out "$out"
    wheel=$(ls -t "$out"/rcf-*-"$tag"-*"$needs"*.whl | head -1)
    if [[ $kind == musl ]]; then
        # auditwheel reads the libc of this machine, which is not musl's; musl alone is called libc.so.
        shown=$(needed_by "$wheel")
        [[ $shown == libc.so ]] || { echo "wheel.sh: it needs $shown" >&2; exit 1; }
    else
        shown=$(auditwheel show "$wheel")
        echo "$shown"
        [[ $shown == *"\"$needs\""* ]] || { echo "wheel.sh: it needs more than $needs" >&2; exit 1; }
    fi
    bytes=$(stat -c %s "$wheel")
    echo "$wheel: $bytes bytes"
    ((bytes < 3000000)) || { echo "wheel.sh: more than 3 MB" >&2; exit 1; }
done
