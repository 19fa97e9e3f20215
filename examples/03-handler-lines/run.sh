#!/usr/bin/env bash
# Publishes to routed topics and to another one, and shows what the file has. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

publish() { mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -D publish content-type application/json -t "$1" -m "$2"; }
publish boiler/temp 21
publish kitchen/temp 19
publish boiler/pressure 1.4
until_true grep -q boiler/pressure "$work/archive.txt"
# Without the id and the time, which are others each time.
sed -E 's/"(id|time)":"[^"]*",//g' "$work/archive.txt" | finish
