#define KIND 99
#include "../plugin.h"
