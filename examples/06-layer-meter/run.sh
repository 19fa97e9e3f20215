#!/usr/bin/env bash
# Publishes one message through the layer, and shows what the layer measured. Usage: run.sh [folder of the plugins]
set -euo pipefail
source "$(dirname "$0")/../broker.bash"
start_broker "${1-}"

# CONNECT 22 bytes, PUBLISH 13, DISCONNECT 2, and a CONNACK of 4: an MQTT 3.1.1 client named "measured" that says "21".
mosquitto_pub -p "$(port mqtt)" -V 311 -i measured -t measure -m 21
until_true grep -q "connection measured" "$work/log"
grep -o "received=[0-9]* sent=[0-9]*" "$work/log" | finish
