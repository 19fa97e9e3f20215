// Exports the plugin; apart from its code so that tests can link that too.
#include "jwt.hpp"

TRELLIS_PLUGIN(jwt::JwtAuthenticator);
