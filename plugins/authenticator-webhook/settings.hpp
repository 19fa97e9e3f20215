// What the configuration says for the whole plugin: secrets, limits, times.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/circuit_breaker/circuit_breaker.hpp"

namespace webhook {

/// Where a token is fetched by client credentials (RFC 6749, 4.4). "{tenant}" in the URL and "{application}" in the
/// scope stand for what a namespace says.
struct OAuth {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::string scope;
  std::string layer;  // empty: the broker's own
};

/// How the broker proves to an endpoint who it is. Nothing set: not at all.
struct Identity {
  std::string bearer_token;
  std::optional<OAuth> oauth;
  std::string layer;  // which shows a certificate where one is asked for; empty: the broker's own
};

struct Settings {
  Identity own;                                             // of namespaces that name no other
  std::map<std::string, Identity, std::less<>> identities;  // by what namespaces call them
  std::chrono::milliseconds timeout{5000};
  std::size_t pending = 0;      // calls of a shard
  std::size_t connections = 0;  // of a shard to one endpoint
  bool http2 = true;            // where an endpoint picks it
  std::size_t answer_bytes = 0;
  bool plain_http = false;
  std::size_t remembered_answers = 0;
  std::chrono::milliseconds remembered_for{0};
  common::CircuitBreaker::Settings breaker;
};

trellis::Schema schema();
trellis::Result<Settings> read_settings(const trellis::Config& config);

}  // namespace webhook
