#!/usr/bin/env bash
# Times the way of a new user, step by step: from a clone to the anomalies of a file, and from the
# SQL of a retired application to its results. Everything happens in a folder that is removed.
#
# Usage: scripts/new-user.sh [REPOSITORY]   (this checkout by default)
set -euo pipefail
repository=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset CARGO_TARGET_DIR

# Runs a command and prints how long it took, and the time of processors that it took.
step() {
    local name=$1 TIMEFORMAT='%R %U %S'
    shift
    { time "$@" >"$folder/log" 2>&1; } 2>"$folder/time" || { cat "$folder/log" >&2; exit 1; }
    awk -v name="$name" '{ printf "| %s | %.1f s | %.1f s |\n", name, $1, $2 + $3 }' "$folder/time"
}

cd "$folder"
printf '| step | time | of processors |\n|---|---|---|\n'
step "clone" git clone --quiet "$repository" rcf
cd rcf
step "build (dependencies included)" cargo build --quiet --release --locked --bin rcf
export PATH="$PWD/target/release:$PATH"
cd docs/guide/data
step "anomalies of a CSV file" rcf score heartbeat.csv --column voltage --only-anomalies
step "page about them" rcf report heartbeat.csv --column voltage --html "$folder/page.html"
step "configuration from SQL" sh -c "rcf migrate kda-sql app.sql > $folder/rcf.toml"
sed -i -e '0,/kind = "kinesis"/s//kind = "file"\npath = "in.jsonl"/' \
    -e 's/kind = "kinesis"/kind = "file"\npath = "out.jsonl"/' "$folder/rcf.toml"
cd "$folder"
for n in $(seq 1000); do
    echo "{\"heartRate\": $((60 + n * 7919 % 40)), \"rateType\": \"NORMAL\"}"
done >in.jsonl
step "its replacement over 1,000 records of a file" rcf run --config rcf.toml
printf '\n%s results; %s; load %s\n' "$(wc -l <out.jsonl)" "$(nproc) cores" "$(cut -d' ' -f1 /proc/loadavg)"
