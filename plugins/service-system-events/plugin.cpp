// Exports the plugin; apart from its code so that tests can link that too.
#include "system_events.hpp"

TRELLIS_PLUGIN(system_events::SystemEvents);
