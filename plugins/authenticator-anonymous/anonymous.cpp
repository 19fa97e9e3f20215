// Exports the plugin.
#include "anonymous.hpp"

TRELLIS_PLUGIN(AnonymousAuthenticator);
