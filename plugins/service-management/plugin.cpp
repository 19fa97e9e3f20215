// Exports the plugin; apart from its code so that tests can link that too.
#include "management.hpp"

TRELLIS_PLUGIN(management::Management);
