#include "metrics.hpp"

namespace kafka {

Metrics Metrics::declare(const trellis::Host& host) {
  Metrics made;
  made.events = common::DeliveryMetrics::declare(host, "trellis_handler_kafka");
  made.under_way = host.gauge("trellis_handler_kafka_under_way", "Events that clusters have not acknowledged yet.");
  made.under_way_bytes = host.gauge("trellis_handler_kafka_under_way_bytes", "Bytes of them.");
  made.clients = host.gauge("trellis_handler_kafka_clients", "Clients of clusters.");
  made.replaced = host.counter("trellis_handler_kafka_clients_replaced_total",
                               "Clients that were given up after an error they cannot go on from.");
  made.failed = host.counter("trellis_handler_kafka_client_failures_total",
                             "Times a client could not be made, such as for a certificate that is none.");
  made.refused_addresses =
      host.counter("trellis_handler_kafka_addresses_refused_total",
                   "Connections that were not made because their address is not public and not allowed.");
  return made;
}

}  // namespace kafka
