/* A stage whose table goes by another id. */
#define TABLE_ID "com.example.stage/1"
#include "../plugin.h"
