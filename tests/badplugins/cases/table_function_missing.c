#include <trellis/trellis.h>
static const trellis_stage empty_stage = {sizeof(trellis_stage), NULL};
#define TABLE &empty_stage
#include "../plugin.h"
