#define VERSION ""
#include "../plugin.h"
