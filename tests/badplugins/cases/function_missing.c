#define CONFIGURE NULL
#include "../plugin.h"
