#define WANTS "trellis.host.weather/1"
#include "../plugin.h"
