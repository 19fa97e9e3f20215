#!/usr/bin/env bash
# Publishes to subscribed topics and to another one, and shows the file. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -t boiler/temp -m 21
mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -t kitchen/temp -m 19
mosquitto_pub -p "$(port mqtt)" -V 5 -q 1 -t boiler/pressure -m 1.4
until_true grep -q pressure "$work/archive.txt"
finish <"$work/archive.txt"
