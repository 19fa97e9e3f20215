// Exports the plugin; apart from its code so that tests can link that too.
#include "function_handler.hpp"

TRELLIS_PLUGIN(functions::FunctionHandler);
