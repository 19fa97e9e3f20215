// What makes the library a plugin.
#include "mqtt_http.hpp"

TRELLIS_PLUGIN(mqtt_http::MqttHttp)
