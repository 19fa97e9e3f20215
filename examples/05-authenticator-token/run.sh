#!/usr/bin/env bash
# Connects with the right token, a wrong one and none. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

try() {
  local who=$1
  shift
  if mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -t boiler/temp -m 21 "$@" >/dev/null 2>&1; then
    echo "$who: allowed"
  else
    echo "$who: denied"
  fi
}
{
  try "right token" -u boiler -P s3cret
  try "wrong token" -u boiler -P s3cres
  try "no token"
} | finish
