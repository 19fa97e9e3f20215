#define MINOR (TRELLIS_ABI_MINOR + 1)
#include "../plugin.h"
