#!/usr/bin/env bash
# Asks the service three times. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

for path in /hello /hello/Ada /hello/count; do
  curl --silent --show-error --max-time 10 "http://127.0.0.1:$(port http)$path"
done | finish
