#!/usr/bin/env bash
# Publishes three readings, one of them hot. Usage: run.sh [folder of the plugins, handler-lines.so among them]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

for reading in 29 warm 31.5; do
  mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -t boiler/temp -m "$reading"
done
until_true test -s "$work/hot.txt"
finish <"$work/hot.txt"
