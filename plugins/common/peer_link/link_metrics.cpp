#include "common/peer_link/link_metrics.hpp"

#include <string>

namespace peer_link {

LinkMetrics LinkMetrics::declare(const trellis::Host& host, std::string_view handler) {
  const std::string front = "trellis_handler_" + std::string(handler);
  LinkMetrics made;
  made.events = common::DeliveryMetrics::declare(host, front);
  made.overflows = host.counter(front + "_overflows_total", "Events sent back because too many waited to be sent.");
  const std::string_view attempts = "Connections to peers: opened, failed before the peer greeted, lost afterwards.";
  made.opened = host.counter(front + "_dials_total", attempts, R"(result="opened")");
  made.failed = host.counter(front + "_dials_total", attempts, R"(result="failed")");
  made.lost = host.counter(front + "_dials_total", attempts, R"(result="lost")");
  made.connections = host.gauge(front + "_connections", "Connections to peers that are open.");
  made.waiting = host.gauge(front + "_waiting", "Events that wait to be sent.");
  made.in_flight = host.gauge(front + "_in_flight", "Events that were sent and not confirmed yet.");
  return made;
}

}  // namespace peer_link
