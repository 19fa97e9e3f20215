// Exports the plugin; apart from its code so that tests can link that too.
#include "x509.hpp"

TRELLIS_PLUGIN(x509::X509Authenticator);
