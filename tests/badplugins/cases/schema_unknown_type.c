#define SCHEMA "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"colour\"}}}"
#include "../plugin.h"
