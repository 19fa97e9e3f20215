#!/usr/bin/env bash
# Publishes three readings, one of them hot. Usage: run.sh [folder of the plugins, handler-lines.so among them]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

for reading in 29 warm 31.5; do
  mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -D publish content-type application/json -t boiler/temp -m "$reading"
done
until_true test -s "$work/hot.txt"
# Without the id and the time, which are others each time.
sed -E 's/"(id|time)":"[^"]*",//g' "$work/hot.txt" | finish
