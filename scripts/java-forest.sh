#!/usr/bin/env bash
# Fetches AWS's Java forest from Maven's registry and compiles its driver, into .cache/java at the top of the
# checkout: then `compare --java` has it in the race.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for tool in mvn javac; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }
done
version=4.3.0
cache=.cache/java
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -DoutputDirectory="$PWD/$cache" \
    -Dartifact="software.amazon.randomcutforest:randomcutforest-core:$version"
javac -cp "$cache/randomcutforest-core-$version.jar" -d "$cache" benches/java/Driver.java
