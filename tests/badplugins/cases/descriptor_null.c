#define DESCRIPTOR NULL
#include "../plugin.h"
