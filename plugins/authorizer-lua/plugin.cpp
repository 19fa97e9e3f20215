// Exports the plugin; apart from its code so that tests can link that too.
#include "authorizer_lua.hpp"

TRELLIS_PLUGIN(lua::AuthorizerLua);
