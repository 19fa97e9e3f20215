#define ID "Bad_Id"
#include "../plugin.h"
