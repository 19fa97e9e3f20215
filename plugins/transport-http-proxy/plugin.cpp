// Exports the plugin; apart from its code so that tests can link that too.
#include "http_proxy.hpp"

TRELLIS_PLUGIN(transport_http_proxy::HttpProxy);
