// Exports the plugin; apart from its code so that tests can link that too.
#include "transport_http.hpp"

TRELLIS_PLUGIN(transport_http::TransportHttp);
