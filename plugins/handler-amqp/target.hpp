// One subscription's destination: which broker, which queue or topic there, and what an event becomes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/cloud_event/keys.hpp"
#include "common/delivery/attribute_mappings.hpp"
#include "common/peer_link/settings.hpp"
#include "common/peer_link/speaker.hpp"

namespace amqp {

/// How an event lies in a message.
enum class Mode {
  structured,  // the body is the event in JSON
  binary       // attributes are application properties, the body is the data
};

/// How the broker proves who it is.
struct Identity {
  std::string mechanism = "ANONYMOUS";  // PLAIN, EXTERNAL: by the certificate that the layer shows
  std::string username = {};
  std::string password = {};
};

/// Read once, then shared by whatever is under way, and longer than the destination where that is.
class Target final : public peer_link::Place {
 public:
  peer_link::LinkSettings settings;
  std::string address;       // of the queue or topic, as its broker calls it
  bool durable = false;      // the queue is to outlive its broker's end
  std::string virtual_host;  // what the broker is asked for by name
  Identity identity;
  Mode mode = Mode::structured;
  bool of_topic = false;     // an event subscription's: every message is an event
  bool service_bus = false;  // some mappings are properties of its own
  cloud_event::Keys keys;
  std::uint32_t id_slot = 0;
  std::uint32_t subject_slot = 0;
  common::AttributeMappings mappings;

  const peer_link::LinkSettings& link() const noexcept override { return settings; }
  std::optional<common::Verdict> compose(trellis::Message message, peer_link::Piece& piece) const override;
  std::unique_ptr<peer_link::Speaker> speaker(peer_link::Link& link) const override;
};

/// What a destination's block may hold, by its endpointType: Amqp, ServiceBusQueue, ServiceBusTopic.
trellis::Schema target_schema(std::string_view endpoint_type);

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block,
                                                           const peer_link::PluginSettings& settings);

}  // namespace amqp
