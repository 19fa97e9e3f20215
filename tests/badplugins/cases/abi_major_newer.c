#define MAJOR (TRELLIS_ABI_MAJOR + 1)
#include "../plugin.h"
