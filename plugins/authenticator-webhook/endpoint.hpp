// One namespace's endpoint: where it is, how the broker proves itself there, and whether it answers at the moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/result.hpp>

#include "common/circuit_breaker/circuit_breaker.hpp"
#include "common/client_credentials/token_request.hpp"
#include "common/http/url.hpp"
#include "settings.hpp"

namespace webhook {

/// What a namespace's block comes to.
struct EndpointFacts {
  trellis::http::Url url;
  std::string layer;
  std::string bearer_token;
  std::optional<common::TokenRequest> token;  // with the namespace's words filled in
};

/// Shared by all shards; replaced whenever the namespace's settings change.
struct Endpoint {
  Endpoint(EndpointFacts from, std::string why_not, const Settings& settings, common::CircuitBreaker::Changed changed)
      : facts(std::move(from)), fault(std::move(why_not)), breaker(settings.breaker, std::move(changed)) {}

  const EndpointFacts facts;
  const std::string fault;                     // why it cannot be asked; empty: it can
  const std::uint64_t number = next_number();  // never used again while the process lives
  mutable common::CircuitBreaker breaker;

  /// Whether a complaint about it is due again: once a second, so that a flood of clients is no flood of lines.
  bool complaint_due(std::chrono::milliseconds now) const;

 private:
  static std::uint64_t next_number();
  mutable std::atomic<std::int64_t> complained_ms_{-1'000'000};
};

/// What is wrong with clientAuthentication whatever the plugin's settings: instances with others may serve other
/// namespaces, and each is asked about all of them.
trellis::Result<void> check_endpoint(const trellis::Config& authentication);

/// Reads clientAuthentication. Nothing where it has no webhook; a sentence where that cannot work with these settings.
trellis::Result<std::optional<EndpointFacts>> read_endpoint(const trellis::Config& authentication,
                                                            const Settings& settings);

/// An https URL; an http one where that is allowed, or leads to this machine.
trellis::Result<trellis::http::Url> read_url(std::string_view text, bool plain_http);

}  // namespace webhook
