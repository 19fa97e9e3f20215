// Exports the plugin; apart from its code so that tests can link that too.
#include "entra.hpp"

TRELLIS_PLUGIN(entra::Entra);
