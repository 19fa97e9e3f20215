/* The table ends before its only function. */
#include <trellis/trellis.h>
static const trellis_stage short_stage = {sizeof(uint32_t), NULL};
#define TABLE &short_stage
#include "../plugin.h"
