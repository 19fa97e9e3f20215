// Events that scripts send to topics of service-events.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <trellis/borrow.hpp>
#include <trellis/host.hpp>
#include <trellis/shard.hpp>

#include "common/event_sink/event_sink.hpp"
#include "owned_message.hpp"

namespace lua {

/// Of an instance, all shards.
class EventOutbox {
 public:
  /// labels: of the metrics. [control]
  void start(const trellis::Host& host, const std::string& script, const std::string& labels);
  /// Who takes events may be another one now. [control]
  void lenders_changed(const trellis::Host& host);
  /// message.payload is an event as topics keep it. What became of it is counted, and logged where it is lost. [shard]
  void send(const trellis::Shard& shard, const OwnedMessage& message) noexcept;

 private:
  class Results;
  struct Ticket;

  std::shared_ptr<Results> results_;
  std::mutex mutex_;
  std::optional<trellis::Borrowed<common::EventSink>> sink_;  // guarded by mutex_
};

/// The event as topics keep it, of what a script gave in JSON: with what is missing of specversion, id and time. Empty
/// where it is none, and why.
std::string complete_event(std::string json, std::int64_t wall_ms, std::string& why);

}  // namespace lua
