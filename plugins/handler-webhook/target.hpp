// One subscription's endpoint: where it is, what it gets, how the broker proves itself there.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/client_credentials/token_request.hpp"
#include "common/cloud_event/keys.hpp"
#include "common/http/client.hpp"
#include "header_rules.hpp"
#include "pace.hpp"
#include "settings.hpp"
#include "signature.hpp"

namespace hooks {

/// How events lie in a request.
enum class Mode {
  structured,  // one CloudEvent in JSON
  batch,       // a list of them
  binary,      // attributes are headers, data are the body
  event_grid   // a list in Event Grid's own schema
};

/// How it is asked whether it wants events.
enum class Validation { none, cloud_events, event_grid };

/// Read once, then shared by whatever is under way, and longer than the destination where that is.
struct Target {
  trellis::http::Url url;
  std::string layer;
  Mode mode = Mode::structured;
  Validation validation = Validation::cloud_events;
  Receiver receiver = Receiver::webhook;
  std::size_t most_events = 1;
  std::size_t preferred_bytes = 0;
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds retry_after_max{0};
  std::size_t answer_bytes = 0;

  std::string origin;
  std::string topic;                   // of Event Grid's validation
  std::string subscription;            // "namespace/topic/subscription": what identifiers are made of
  bool checked_before = false;         // the service that has events delivered read every one of them
  trellis::http::ClientHeaders fixed;  // of every request: headers of the subscription's own, keys
  trellis::http::ClientHeaders notes;  // of every delivery
  std::string authorization;           // empty: none, or a fetched token
  std::optional<common::TokenRequest> token;
  Signer signer;

  cloud_event::Keys keys;
  std::uint32_t id_slot = 0;
  std::uint32_t source_slot = 0;
  std::vector<DynamicHeader> dynamic;

  std::optional<std::uint32_t> request_rate;
  std::string request_callback;
  std::string consent;  // that it gave before; empty: none
  bool obey_rate = false;
  std::uint32_t most_per_minute = 0;  // of requests, by its own settings; 0: as many as there are
  std::shared_ptr<Pace> pace;
  mutable std::atomic<bool> closed{false};  // nobody has events delivered there any more

  /// "POST https://hooks.example.org", for people.
  std::string name() const { return "POST " + url.origin(); }
};

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block, const Settings& settings,
                                                           Paces& paces);

}  // namespace hooks
