// Exports the plugin; apart from its code so that tests can link that too.
#include "proxy_protocol.hpp"

TRELLIS_PLUGIN(transport_proxy_protocol::ProxyProtocol);
