// Exports the plugin; apart from its code so that tests can link that too.
#include "handler.hpp"

TRELLIS_PLUGIN(files::FileHandler);
