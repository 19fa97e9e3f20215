// Exports the plugin; apart from its code so that tests can link that too.
#include "custom_domains.hpp"

TRELLIS_PLUGIN(custom_domains::CustomDomains);
