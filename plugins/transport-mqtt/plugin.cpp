/// What transport-mqtt.so exports.
#include "transport_mqtt.hpp"

TRELLIS_PLUGIN(trellis::mqtt::TransportMqtt)
