# Shortcuts. Nobody needs `just` to build or test: each recipe is a command or two.

# The sine wave, with its drop caught.
demo:
    cargo run --release --bin rcf -- demo sine

# All tests, or some parts: rust, python, kinesis.
test *parts:
    scripts/test.sh {{parts}}

# What CI runs.
ci:
    .ci/run

# Laws in their long form: hours of samples instead of seconds.
laws-long:
    cargo test --release -p rcf-core -- --ignored

# Our forest beside the others, interleaved in one run.
compare *args:
    cargo run --release -p rcf-benches --bin compare -- {{args}}

# Line coverage of the core.
coverage:
    cargo llvm-cov --package rcf-core --summary-only

# Licences, advisories and origins of the dependencies.
deny:
    cargo deny check
