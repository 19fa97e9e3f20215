// Exports the plugin; apart from its code so that tests can link that too.
#include "store_journal.hpp"

TRELLIS_PLUGIN(store_journal::StoreJournal);
