#!/usr/bin/env bash
# A badge that is known and one that is not, a reading that is believed and one that is not. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

try() {
  if mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -r -u 4711 -P "$1" -t readings/4711/temperature -m "$2" >/dev/null 2>&1; then
    echo "code $1: allowed"
  else
    echo "code $1: denied"
  fi
}
{
  try tomato 21
  try potato 22
  try tomato 500
  mosquitto_sub -p "$(port mqtt)" -V 5 -u 4711 -P tomato -t 'readings/#' -v -C 1 -W 10
} | finish
