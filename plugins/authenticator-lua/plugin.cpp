// Exports the plugin; apart from its code so that tests can link that too.
#include "authenticator_lua.hpp"

TRELLIS_PLUGIN(lua::AuthenticatorLua);
