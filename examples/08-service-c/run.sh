#!/usr/bin/env bash
# Asks for two checksums. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

for body in 123456789 'another text'; do
  curl --silent --show-error --max-time 10 --data-binary "$body" "http://127.0.0.1:$(port http)/crc"
done | finish
