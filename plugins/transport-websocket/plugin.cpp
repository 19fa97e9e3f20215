// Exports the plugin; apart from its code so that tests can link that too.
#include "transport_websocket.hpp"

TRELLIS_PLUGIN(transport_websocket::TransportWebSocket);
