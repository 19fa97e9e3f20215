// Exports the plugin.
#include "allow_all.hpp"

TRELLIS_PLUGIN(AllowAll);
