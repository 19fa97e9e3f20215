#define SCHEMA "{\"type\": \"object\", \"properties\": {\"a\": }}"
#include "../plugin.h"
