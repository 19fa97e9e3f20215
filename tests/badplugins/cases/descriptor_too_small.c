#define DESCRIPTOR_SIZE 16
#include "../plugin.h"
