// store-journal's plugin once more, on a disk that fails as it is told. The plugin makes its disk itself, so the name
// of the one is put in the place of the other while its source is read; the engine below is the very same library.
#include "engine/disk.hpp"
#include "engine/journal.hpp"
#include "faulty_disk.hpp"

#define Folder FaultyDisk
#include "store_journal.cpp"  // NOLINT(bugprone-suspicious-include)
#undef Folder

TRELLIS_PLUGIN(store_journal::StoreJournal);
