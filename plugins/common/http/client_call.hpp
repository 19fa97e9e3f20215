/// One request of a client on its way, whatever connection carries it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <trellis/shard.hpp>
#include <vector>

#include "client.hpp"
#include "request_writer.hpp"

namespace trellis::http {

class ClientConnection;

struct ClientCall {
  std::uint64_t number;
  ClientRequest request;
  ClientCallback callback;
  std::string host_key;                    // which host of the pool
  std::chrono::milliseconds ends_at;       // of the loop's clock
  std::uint32_t redirects = 0;             // followed
  std::uint32_t returned = 0;              // how often a server said that it did not begin with it
  std::uint64_t repeated_after = 0;        // goes over a connection dialled after that many: a kept one ended; 0: any
  bool sent = false;                       // on any connection
  bool over_kept = false;                  // its connection had answered before
  ClientConnection* connection = nullptr;  // null: it waits
  std::int32_t stream = 0;                 // of its connection
  Timer deadline = {};

  /// "POST https://api.example.com: …".
  ClientError error(Failure failure, std::string_view what) const;
  /// What is known of a response that does not become whole, where that is enough; else the error.
  ClientResult judge(ClientError error, ClientResponse so_far) const;
  bool may_be_repeated() const;

  /// What is wrong with it; nothing when it can be written.
  std::optional<std::string> check() const;
  std::string wire(std::string_view user_agent) const;
  /// Calls use(const OutgoingRequest&) with it, and answers what that does.
  template <class Use>
  auto as_outgoing(std::string_view user_agent, Use use) const {
    const std::vector<Header> headers = all_headers(user_agent);
    const std::string host = request.url.authority();
    return use(OutgoingRequest{request.method, request.url.target, host, headers, request.body});
  }

 private:
  std::vector<Header> all_headers(std::string_view user_agent) const;
};

/// How much of its response is believed.
Limits limits_of(const ClientSettings& settings, const ClientCall& call);

/// What a redirect leads to; an error where it must not be followed. Nothing where the response is the answer.
///
/// Changes the request into the next one.
std::optional<ClientError> follow(ClientCall& call, std::uint32_t status, std::string_view location);
bool is_redirect(std::uint32_t status) noexcept;

}  // namespace trellis::http
