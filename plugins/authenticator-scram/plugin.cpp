// Exports the plugin; apart from its code so that tests can link that too.
#include "scram.hpp"

TRELLIS_PLUGIN(scram::ScramAuthenticator);
