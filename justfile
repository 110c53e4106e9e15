# Shortcuts. `just` is not needed to build or test: each recipe is a command or two.

# The demo on the sine wave.
demo:
    cargo run --release --bin rcf -- demo sine

# All tests, or some parts: rust, python, kinesis.
test *parts:
    scripts/test.sh {{parts}}

# What CI runs.
ci:
    .ci/run

# Laws in their long form: 10⁸ points instead of thousands.
laws-long:
    cargo test --release -p rcf-core --lib -- --ignored

# Speed of our forest and other libraries, interleaved in one run.
compare *args:
    cargo run --release -p rcf-benches --bin compare -- {{args}}

# The record of all operations, twenty rounds, kept under this name, and the table of docs/performance.md.
record name:
    cargo run --release -p rcf-benches --bin compare -- --all --rounds 20 --record {{name}} --docs

# AWS's Java forest for `just compare --java`: its jar, from Maven's registry, and a driver.
java-forest:
    scripts/java-forest.sh

# How the cost of `process` grows, as a picture.
growth:
    cargo run --release -p rcf-benches --bin growth -- --svg docs/images/growth.svg

# Instructions of our operations against the baseline, by valgrind.
instructions *args:
    cargo run --release -p rcf-benches --no-default-features --bin instructions -- {{args}}

# Fuzzes the decoder and the operations of the core, for this many seconds each.
fuzz seconds="600" seed="2":
    RCF_FUZZ_SECONDS={{seconds}} RCF_FUZZ_SEED={{seed}} cargo test -p rcf-fuzz -- --nocapture

# The same, guided by coverage: nightly Rust and `cargo install cargo-fuzz`. Targets: decode_state, ops_vs_naive.
fuzz-guided target seconds="600":
    cd rcf-core && mkdir -p fuzz/corpus/{{target}} && \
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo +nightly fuzz run --features libfuzzer {{target}} fuzz/corpus/{{target}} \
        {{ if target == "decode_state" { "tests/fixtures/v1 -- -max_len=10000" } else { "-- -max_len=600" } }} \
        -max_total_time={{seconds}}

# Fuzzes decoders and the reader of checkpoints of the program, for this many cases each.
fuzz-stream cases="100000" seed="2":
    PROPTEST_CASES={{cases}} PROPTEST_RNG_SEED={{seed}} cargo test -p rcf-stream --features files --test fuzz

# Fuzzes packed and compressed records, JSON, CSV and TOML in a process with 512 MiB.
fuzz-memory cases="5000" seed="2":
    PROPTEST_CASES={{cases}} PROPTEST_RNG_SEED={{seed}} cargo test -p rcf-stream --features files --test fuzz_memory

# Do the tests notice when trees, sampler or visitors are changed? One part in n of all changes, spread evenly: a
# minute or two for each. See docs/mutants.md.
mutants shard="0/64":
    cargo mutants -p rcf-core -j1 --shard {{shard}} --sharding round-robin --baseline skip --timeout 300 \
        -C=--config=profile.dev.package.rcf-core.opt-level=1 -C=--config=profile.dev.debug=false \
        -f 'rcf-core/src/tree/*.rs' -f 'rcf-core/src/line/*.rs' -f rcf-core/src/grove.rs \
        -f 'rcf-core/src/sampler/*.rs' -f 'rcf-core/src/visitor/*.rs' \
        -- --lib --test naive --test laws --test functionals --test memory

# The detector, other forests and controls on the Numenta Anomaly Benchmark.
nab *args:
    cargo run --release -p rcf-benches --bin nab -- {{args}}

# The detector and controls on labelled streams that chose none of its constants.
labelled *args:
    cargo run --release -p rcf-benches --bin labelled -- {{args}}

# The C interface in C and Go: random calls, valgrind, pkg-config.
capi:
    rcf-core/capi/test.sh

# The package for JavaScript, and its tests in Node and in Chromium.
wasm:
    rcf-core/capi/wasm/build.sh

# The tests in C, Go, JavaScript, Java and Kafka in the short form of CI, or some of them: c, javascript, java, kafka.
integrations *parts:
    scripts/integrations.sh {{parts}}

# Regenerates rcf-core/capi/include/rcf.h.
capi-header:
    cargo test -p rcf-capi --test header -- --ignored

# Writes the detector's part of the bits that all interfaces share, where its scores change on purpose.
expected-bits:
    cargo test -p rcf-core --test bits -- --ignored

# Line coverage of the core.
coverage:
    cargo llvm-cov --package rcf-core --features rayon --summary-only

# Licences, advisories and sources of the dependencies.
deny:
    cargo deny check

# The linters of what is in deploy/, where they are installed.
deploy-check:
    cfn-lint deploy/aws/template.yaml
    hadolint deploy/Dockerfile
    promtool check rules deploy/prometheus/alerts.yml
    promtool test rules deploy/prometheus/alerts_test.yml
    systemd-analyze verify deploy/systemd/rcf.service

# Two real MultiLangDaemons of Amazon's Kinesis Client Library, one killed, a shard split: some minutes.
kcl:
    rcf-stream/cli/tests/kcl/run.sh

# Tests on a real Kafka broker: 30 kills of the program, 3 of the broker (needs Java 17 and Maven).
kafka *args:
    KAFKA_TEST_KILLS=30 KAFKA_TEST_BROKER_KILLS=3 bash rcf-stream/cli/tests/kafka/run.sh {{args}}

# The Java library and its operators on Flink 2 and 1.20 (needs a JDK and Maven); `package` for the jar, `measure`.
java *args:
    rcf-stream/flink/java.sh {{args}}

# All dependencies of the program, as CycloneDX (needs `cargo install cargo-cyclonedx`).
sbom:
    cargo cyclonedx --manifest-path rcf-stream/cli/Cargo.toml --features kinesis,s3 --format json

# The pictures of the documentation, drawn by the tests that look at the pages (needs Chromium).
screenshots:
    RCF_SCREENSHOTS="$PWD/docs/images" cargo test -p rcf-cli --test http --test report

# The page of `rcf report` about a million generated rows keeps to its size: a minute or two.
report-long:
    cargo test --release -p rcf-cli --lib findings -- --ignored

# An emulator of Kinesis on this machine with two streams, to try `rcf run` against (needs Node 18).
kinesis-emulator port="4567":
    scripts/kinesis-emulator.sh {{port}}

# rcf.flink on a standalone Flink cluster: kill -9, savepoint, rescale. `just flink measure` for latencies.
flink *args:
    rcf-py/tests/flink/run.sh {{args}}

# The Python package and others: throughput and accuracy on one series.
compare-python *args:
    rcf-py/compare/run.sh {{args}}

# The wheel for Linux since glibc 2.17, linked by zig, checked with auditwheel.
wheel *args:
    rcf-py/wheel.sh {{args}}

# Parquet and Arrow IPC as the program reads them: builds 60 crates, six minutes of processor time.
tables:
    cargo test -p rcf-stream --features tables --lib -- reading lines
    cargo test -p rcf-cli --features tables --test tables

# Ten kills while shards are split and merged and requests go wrong, and records that are pushed.
kills:
    bash rcf-stream/cli/tests/kinesis/run.sh -k "whatever_happens or pushed" -s

# A hundred kills while shards are split and merged and requests go wrong: some minutes.
kills-long:
    KINESIS_TEST_KILLS=100 bash rcf-stream/cli/tests/kinesis/run.sh -k whatever_happens -s

# A hundred kills while the followed file is rotated and replaced.
kills-files kills="100":
    RCF_TEST_KILLS={{kills}} cargo test -p rcf-cli --test edges killed_while -- --nocapture

# 10,000 idle connections, slow readers and floods of headers, two minutes: throughput and memory, compared with a calm run.
flood *args:
    scripts/flood.sh {{args}}

# Builds another release in a git worktree, lets it write checkpoints, and continues from them.
upgrade-from rev="fe1b8bc":
    scripts/upgrade-from.sh {{rev}}

# Ten minutes at full speed: memory and lag over time.
soak *args:
    scripts/soak.sh {{args}}

# Three hours at 2,000 records a second, with one heap.
soak-long:
    MALLOC_ARENA_MAX=1 scripts/soak.sh 10800 2000

# The time of a decision relative to that of a score.
overhead *args:
    cargo run --release -p rcf-benches --bin overhead -- {{args}}

# 100,000 keys in one map: memory for each and throughput.
keys *args:
    cargo run --release -p rcf-benches --bin keyed -- {{args}}

# Throughput from file to file, compared with the bare model, and 100,000 keys through checkpoints.
operator-figures:
    cargo run --release -p rcf-stream --features files --example operator_figures
