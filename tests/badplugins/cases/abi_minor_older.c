/* Before 1.0 an older minor is as foreign as a newer one. */
#define MINOR (TRELLIS_ABI_MINOR - 1)
#include "../plugin.h"
