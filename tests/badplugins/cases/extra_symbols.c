/* Exports a function beside its entry; built without the version script. It loads, for nobody can see the symbol, but
 * the conformance check says it. */
#include "../plugin.h"
TRELLIS_EXPORT int helper_of_this_plugin(void);
int helper_of_this_plugin(void) { return 1; }
