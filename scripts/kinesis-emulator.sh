#!/usr/bin/env bash
# An emulator of Kinesis on 127.0.0.1 with two streams, until Ctrl-C, until its standard input ends, or
# for a quarter of an hour. It needs Node 18 or later. Arguments: a port [4567].
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
port=${1:-4567}
tests=$root/rcf-stream/cli/tests/kinesis/emulator
package=$("$tests/install.sh")

cat >&2 <<EOF
Kinesis at http://127.0.0.1:$port with the streams ExampleInputStream and ExampleOutputStream. In another shell:

export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:$port AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
EOF
cd "$package" # it looks for its certificate in the working directory
export KINESIS_MOCK_PLAIN_PORT=$port KINESIS_MOCK_TLS_PORT=$((port + 1)) AWS_REGION=us-east-1
export LOG_LEVEL=WARN CREATE_STREAM_DURATION=50ms
export INITIALIZE_STREAMS=ExampleInputStream:1:us-east-1,ExampleOutputStream:1:us-east-1
exec node -r "$tests/guard.cjs" main.js
