// Exports the plugin; apart from its code so that tests can link that too.
#include "password.hpp"

TRELLIS_PLUGIN(password::PasswordAuthenticator);
