#define ID ""
#include "../plugin.h"
