#!/usr/bin/env bash
# Publishes text and what is none, and shows what gets through. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

# Retained, so that it does not matter who comes first.
printf '21 \260C' | mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -r -t boiler/latin -s
printf '21 \302\260C' | mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -r -t boiler/text -s
mosquitto_sub -p "$(port mqtt)" -V 5 -t '#' -v -C 1 -W 10 | finish
