/* The last function is not covered. */
#define ENTRY_SIZE (sizeof(trellis_plugin) - sizeof(void *))
#include "../plugin.h"
