/* Exports something, but not the entry. */
#include <trellis/trellis.h>

TRELLIS_EXPORT extern const int trellis_plugin_entries;
const int trellis_plugin_entries = 1;
