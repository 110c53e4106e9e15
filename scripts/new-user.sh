#!/usr/bin/env bash
# Times the way of a new user, step by step, from a clone to the first anomalies: docs/guide/first-anomalies.md.
# Everything happens in a folder that is removed; the emulator's package is kept in .cache/ of this checkout.
#
# Usage: scripts/new-user.sh [file|rust|python|kinesis]...   (file by default)
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
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

# The lines of the first code block in this language of a section of the guide.
block() {
    awk -v title="## $1" -v fence="\`\`\`$2" '
        /^## / { inside = $0 == title }
        inside && $0 == "```" && reading { exit }
        reading { print }
        inside && $0 == fence { reading = 1 }
    ' "$folder/rcf/docs/guide/first-anomalies.md"
}

# From a file to its anomalies and their page, and from the SQL of a retired application to its results.
user_file() {
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
}

user_rust() {
    cargo new --quiet --vcs none "$folder/first"
    cd "$folder/first"
    step "dependency" cargo add --quiet --path "$folder/rcf/rcf-core"
    { echo "fn main() {"; block "A program in Rust" rust; echo "}"; } >src/main.rs
    step "build (dependencies included)" cargo build --quiet --release
    step "anomalies of 1,000 observations" sh -c 'target/release/first | grep -q "^900: grade"'
}

user_python() {
    python3 -m venv "$folder/venv"
    export PATH="$folder/venv/bin:$PATH"
    step "pip install (compiles the wheel)" pip install --quiet "$folder/rcf/rcf-py"
    block "A notebook in Python" python >"$folder/first.py"
    step "anomalies of 2,000 observations" sh -c "python $folder/first.py | grep -q 'row 1,900'"
}

user_kinesis() {
    local port=4571 emulator
    step "emulator, installed" "$repository/rcf-stream/cli/tests/kinesis/emulator/install.sh"
    step "build (dependencies included)" cargo build --quiet --release --locked --bin rcf --features kinesis
    export PATH="$PWD/target/release:$PATH"
    export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:$port AWS_REGION=us-east-1
    export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
    timeout 300 "$repository/scripts/kinesis-emulator.sh" $port >"$folder/emulator.log" 2>&1 < <(sleep 300) &
    emulator=$!
    step "emulator, until it answers" sh -c "for n in \$(seq 300); do
        curl --silent --output /dev/null http://127.0.0.1:$port && exit 0; sleep 0.1; done; exit 1"
    step "5,000 records into a stream" \
        rcf generate sine --count 5000 --to kinesis --stream ExampleInputStream
    # Ended by Ctrl-C, as the user would end it: the records must have gone through by then.
    step "scores of them in another, until Ctrl-C after 10 s" sh -c "
        timeout --signal INT 10 rcf run --source-kind kinesis --source-stream ExampleInputStream \
            --source-start trim_horizon --input-format raw \
            --sink-kind kinesis --sink-stream ExampleOutputStream 2> $folder/run.log
        grep -q 'records=5000' $folder/run.log"
    kill $emulator
}

cd "$folder"
for user in "${@:-file}"; do
    printf '\n%s\n\n| step | time | of processors |\n|---|---|---|\n' "$user"
    rm -rf "$folder/rcf"
    step "clone" git clone --quiet "$repository" rcf
    (cd rcf && "user_$user")
done
printf '\n%s; load %s\n' "$(nproc) cores" "$(cut -d' ' -f1 /proc/loadavg)"
