// Exports the plugin; apart from its code so that tests can link that too.
#include "event_grid.hpp"

TRELLIS_PLUGIN(event_grid::EventGrid);
