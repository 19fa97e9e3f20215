#define KIND 0
#include "../plugin.h"
