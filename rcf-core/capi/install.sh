#!/usr/bin/env bash
# Builds a release of the C library and installs header, static and shared library, and rcf.pc.
#
# Usage: rcf-core/capi/install.sh PREFIX
#   PROFILE=dev    another profile of cargo (default: release)
#   BUILT=FOLDER   libraries that are already built, in this folder
set -euo pipefail

[[ $# -eq 1 ]] || { echo "usage: rcf-core/capi/install.sh PREFIX" >&2; exit 2; }
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
profile=${PROFILE:-release}

[[ -n ${BUILT:-} ]] || cargo build --locked -p rcf-capi --profile "$profile"
manifest=$(cargo metadata --locked --no-deps --format-version 1)
target=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])' <<<"$manifest")
built=${BUILT:-$target/$([[ $profile == dev ]] && echo debug || echo "$profile")}
version=$(python3 -c '
import json, sys
packages = json.load(sys.stdin)["packages"]
print(next(it["version"] for it in packages if it["name"] == "rcf-capi"))' <<<"$manifest")

shared=librcf.so
[[ $(uname) == Darwin ]] && shared=librcf.dylib
install -d "$prefix/include" "$prefix/lib/pkgconfig"
install -m 644 include/rcf.h "$prefix/include"
install -m 644 "$built/librcf.a" "$prefix/lib"
install -m 755 "$built/$shared" "$prefix/lib"
sed "s|@PREFIX@|$prefix|; s|@VERSION@|$version|" rcf.pc.in >"$prefix/lib/pkgconfig/rcf.pc"
echo "installed rcf $version in $prefix"
