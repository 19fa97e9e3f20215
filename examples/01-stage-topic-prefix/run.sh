#!/usr/bin/env bash
# Publishes inside and outside the prefix, and shows who gets through. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

# Retained, so that it does not matter who comes first.
mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -r -t admin/reboot -m now
mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -r -t sensors/7/temp -m 21
mosquitto_sub -p "$(port mqtt)" -V 5 -t '#' -v -C 1 -W 10 | finish
