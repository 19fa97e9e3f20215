/* Calls a function no library has. */
#include <trellis/trellis.h>
extern trellis_status trellis_no_such_function(void *instance, trellis_view config, trellis_error *error);
#define CONFIGURE trellis_no_such_function
#include "../plugin.h"
