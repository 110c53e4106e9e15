#!/usr/bin/env bash
# Builds and tests the Java library and its operators for Apache Flink.
#
# Needs cargo, a JDK of 11 or newer and Maven, which fetches Flink (100 MB for each release of it). Where
# Java or Maven are missing, or Maven cannot reach its registry, it says so and ends well.
#
# Usage: rcf-stream/flink/java.sh [test|package|measure] [options of Maven]...
#   test      all tests, on each release of Flink (the default)
#   package   the jar with the library of this platform, in target/flink
#   measure   throughput compared with Amazon's Java library, in the same job
#   FLINK_VERSIONS="1.20.5 2.3.0"   releases of Flink, each restoring a savepoint of the one before it; the
#                                   last one is for package and measure
#   PROFILE=release                 the profile of cargo: `dev` is what the tests in Rust have built
#   FLINK_TEST_PROGRAM=rcf         the program whose scores the keyed form must have; else it is built
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(cd ../.. && pwd)

say() { printf '\n== %s\n' "$*"; }
for tool in java javac mvn; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }
done
command=${1:-test}
shift || true
read -ra versions <<<"${FLINK_VERSIONS:-1.20.5 2.3.0}"
newest=${versions[${#versions[@]} - 1]}
profile=${PROFILE:-release}

target=$(cargo metadata --locked --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
# PACKAGE, what cargo builds of it, and the test in Rust that needs this. Of the profile `dev` it is a by-product of
# that test, with the features of scripts/test.sh: after it, nothing is compiled.
build() {
    if [[ $profile == dev ]]; then
        cargo test --quiet --locked --workspace --features rcf-cli/kinesis,rcf-cli/s3,rcf-core/serde --test "$3" --no-run
    else
        cargo build --locked --profile "$profile" -p "$1" "$2"
    fi
}

version=$(cargo metadata --locked --no-deps --format-version 1 | python3 -c '
import json, sys
print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "rcf-jni"))')
grep -q "^  <version>$version</version>" pom.xml || {
    echo "java.sh: the version in pom.xml is not $version, that of the crates" >&2
    exit 1
}

# As rcf.NativeLibrary names platforms and libraries.
processor=$(uname -m)
case $(uname -s) in
    Linux) platform=linux-$processor library=librcf_jni.so ;;
    Darwin) platform=macos-${processor/arm64/aarch64} library=librcf_jni.dylib ;;
    *) echo "java.sh: $(uname -s) is not known to this script" >&2; exit 1 ;;
esac

say "The native library of $platform"
build rcf-jni --lib methods
native=$target/$([[ $profile == dev ]] && echo debug/deps || echo "$profile")/$library
place=$root/target/flink/native/rcf/native/$platform
mkdir -p "$place"
cp "$native" "$place/$library"
if command -v strip >/dev/null && [[ $platform == linux-* ]]; then
    strip --strip-unneeded "$place/$library"
fi
ls -l "$place/$library"

maven() {
    "$root/scripts/maven.sh" -Drcf.native="$root/target/flink/native" "$@" || exit $(($? == 3 ? 0 : 1))
}
case $command in
    test)
        program=${FLINK_TEST_PROGRAM:-}
        if [[ -z $program ]]; then
            say "The program, whose scores the keyed form must have"
            build rcf-cli --bins cli
            program=$target/$([[ $profile == dev ]] && echo debug || echo "$profile")/rcf
        fi
        upgrade=$(mktemp -d)
        trap 'rm -rf "$upgrade"' EXIT
        for version in "${versions[@]}"; do
            say "Tests on Flink $version"
            rm -rf "$root/target/flink/$version/surefire-reports"
            maven test -Dflink.version="$version" -Drcf.program="$(realpath "$program")" \
                -Drcf.upgrade="$upgrade" "$@"
            grep -h "Tests run" "$root/target/flink/$version"/surefire-reports/*.txt
        done
        ;;
    package)
        say "The jar"
        maven package -DskipTests -Dflink.version="$newest" "$@"
        ls -l "$root/target/flink/$newest"/rcf-flink-*.jar
        ;;
    measure)
        say "Throughput compared with Amazon's library"
        maven test -Dtest=Throughput -Dflink.version="$newest" "$@"
        ;;
    *)
        echo "java.sh: no command is called $command (there are test, package, measure)" >&2
        exit 2
        ;;
esac
