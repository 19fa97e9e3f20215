// Exports the plugin; apart from its code so that tests can link that too.
#include "store_memory.hpp"

TRELLIS_PLUGIN(store_memory::StoreMemory);
