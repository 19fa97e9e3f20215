// Exports the plugin; apart from its code so that tests can link that too.
#include "predicate_lua.hpp"

TRELLIS_PLUGIN(lua::PredicateLua);
