#!/usr/bin/env bash
# Runs Maven. Where it cannot reach its registry, it ends with status 3 and a line that says so: then a test
# cannot be run, but has not failed. Everything else that goes wrong has status 1.
set -uo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
mvn -q -B --no-transfer-progress "$@" 2>&1 | tee "$log" && exit 0
unreachable='\[ERROR\].*((Could not|Failure to|failed to) transfer|in offline mode)'
if grep -qE "$unreachable" "$log" && ! grep -q "test failures" "$log"; then
    echo "skipped: Maven cannot reach its registry (see above)"
    exit 3
fi
exit 1
