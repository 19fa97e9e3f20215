// Exports the plugin; apart from its code so that tests can link that too.
#include "predicate.hpp"

TRELLIS_PLUGIN(cesql::CesqlPredicate);
