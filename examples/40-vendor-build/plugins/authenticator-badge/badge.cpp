#include "badge.hpp"

TRELLIS_PLUGIN(Badge)
