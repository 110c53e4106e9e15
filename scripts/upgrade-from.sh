#!/usr/bin/env bash
# Builds the program of another commit in a separate worktree, lets it write checkpoints for the
# configurations of the committed fixtures, and has the tests of upgrades continue from them.
#
# Usage: scripts/upgrade-from.sh REV [FOLDER]   (fe1b8bc is 0.1.0)
# With a folder what was written stays there, as a fixture for rcf-stream/cli/tests/fixtures.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rev=${1:?give a commit}
work=$(mktemp -d)
written=${2:-$work/written}
trap 'git -C "$root" worktree remove --force "$work/tree" 2>/dev/null; rm -rf "$work"' EXIT

git -C "$root" worktree add --quiet --detach "$work/tree" "$rev"
# Before the program was a separate package, `--bin` alone found it, too.
(cd "$work/tree" && CARGO_TARGET_DIR="$root/target/upgrade-from" cargo build --quiet --locked --bin rcf)
rcf=$root/target/upgrade-from/debug/rcf

for fixture in "$root"/rcf-stream/cli/tests/fixtures/checkpoints/0.1.0/*/; do
    name=$(basename "$fixture")
    mkdir -p "$written/$name"
    cp "$fixture/rcf.toml" "$fixture/in.csv" "$written/$name/"
    (
        cd "$written/$name"
        "$rcf" --log error run --config rcf.toml
        for results in out.*; do mv "$results" "expected.${results##*.}"; done
        rm -rf state
        # The same again, with checkpoints after 40 and after 80 of 120 records.
        mv in.csv whole.csv
        for lines in 41 81; do
            head -n "$lines" whole.csv >in.csv
            "$rcf" --log error run --config rcf.toml
        done
        mv whole.csv in.csv
        rm -f out.* state/*/*/lock
    )
done
cd "$root"
RCF_UPGRADE_FROM=$written cargo test --quiet --locked -p rcf-cli --test upgrade
echo "the checkpoints of $rev are continued"
