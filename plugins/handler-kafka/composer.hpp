// Turns messages into records, by CloudEvents' Kafka binding.
#pragma once

#include <memory>
#include <trellis/handler.hpp>
#include <trellis/result.hpp>

#include "common/delivery/outgoing.hpp"
#include "record.hpp"

namespace kafka {

/// Of one shard: events are read into its memory, one after the other.
class Composer {
 public:
  /// Fills in all but the settlement. A sentence where the message claims to be an event and is none.
  trellis::Result<void> compose(trellis::Message message, Record& record);

 private:
  common::OutgoingReader reader_;
};

}  // namespace kafka
