// Exports the plugin; apart from its code so that tests can link that too.
#include "transport_tls.hpp"

TRELLIS_PLUGIN(transport_tls::TransportTls);
