#include "plausible.hpp"

TRELLIS_PLUGIN(Plausible)
