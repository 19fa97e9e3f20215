// Where events leave: one shard's, in the broker's own name.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <trellis/shard.hpp>
#include <vector>

#include "event.hpp"

namespace system_events {

struct OutletMetrics {
  static OutletMetrics declare(const trellis::Host& host);
  trellis::Metric published, unmatched, refused, dropped;
};

/// Publishes when whoever told of something is done with what he was doing: he must not be called back within. Each
/// namespace has its turn, and one that has no room keeps no other waiting. Belongs to its shard.
class Outlet {
 public:
  Outlet(const trellis::Shard& shard, std::string prefix, std::string source, const OutletMetrics& metrics);

  void tell(Event event);
  /// Publishes what was told, all of it now. What the broker has no room for waits: 100,000 at most, and of one
  /// namespace no more than are free.
  void flush();

 private:
  void publish_some(std::size_t most);
  void go_on(std::chrono::milliseconds wait, trellis::Timer& timer);
  bool publish(const Event& event);

  const trellis::Shard& shard_;
  const std::string prefix_;
  const std::string source_;
  const OutletMetrics& metrics_;
  std::map<std::string, std::deque<Event>> lines_;  // by namespace; none is empty
  std::size_t waiting_ = 0;                         // in all of them
  std::deque<std::string> ready_;                   // whose turn is next
  std::vector<std::string> held_;                   // those that had no room
  trellis::Timer soon_;
  trellis::Timer again_;
};

}  // namespace system_events
