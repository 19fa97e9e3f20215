/* Not even the version is covered. */
#define ENTRY_SIZE 4
#include "../plugin.h"
