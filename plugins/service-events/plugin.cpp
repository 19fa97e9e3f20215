// Exports the plugin; apart from its code so that tests can link that too.
#include "events_service.hpp"

TRELLIS_PLUGIN(events_service::Events);
