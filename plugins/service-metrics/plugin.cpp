// Exports the plugin; apart from its code so that tests can link that too.
#include "metrics_service.hpp"

TRELLIS_PLUGIN(service_metrics::MetricsService);
