/* Its schema lets a list pass for the settings. */
#define SCHEMA "{\"examples\": [[1, 2]]}"
#include "../plugin.h"
