// Where events leave: one shard's, in the broker's own name.
#pragma once

#include <deque>
#include <string>
#include <trellis/shard.hpp>

#include "event.hpp"

namespace system_events {

struct OutletMetrics {
  static OutletMetrics declare(const trellis::Host& host);
  trellis::Metric published, unmatched, refused, dropped;
};

/// Publishes when whoever told of something is done with what he was doing: he must not be called back within. Belongs
/// to its shard.
class Outlet {
 public:
  Outlet(const trellis::Shard& shard, std::string prefix, std::string source, const OutletMetrics& metrics);

  void tell(Event event);
  /// Publishes what was told now; what the broker has no room for waits, 100,000 at most.
  void flush();

 private:
  bool publish(const Event& event);

  const trellis::Shard& shard_;
  const std::string prefix_;
  const std::string source_;
  const OutletMetrics& metrics_;
  std::deque<Event> waiting_;
  trellis::Timer soon_;
};

}  // namespace system_events
