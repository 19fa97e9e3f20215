// The calls of one shard: questions on their way to endpoints, and what comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <unordered_map>
#include <vector>

#include "answer.hpp"
#include "common/fingerprint/fingerprint.hpp"
#include "common/http/client.hpp"
#include "endpoint.hpp"
#include "metrics.hpp"

namespace webhook {

class WebhookAuthenticator;

/// Bounded in number and time; each question is asked once. Everything happens on the shard.
class Calls : public std::enable_shared_from_this<Calls> {
 public:
  Calls(WebhookAuthenticator& owner, const trellis::Shard& shard);
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  void ask(std::shared_ptr<const Endpoint> endpoint, const trellis::AuthRequest& request, trellis::AuthReply reply);
  /// The client of that question went away.
  void abandon(trellis_token token);
  /// A token came, or will not come.
  void token_settled(const std::string& key, bool there);

 private:
  using Breaker = common::CircuitBreaker;

  struct Call {
    trellis::AuthReply reply;
    std::shared_ptr<const Endpoint> endpoint;
    std::string name_space;
    std::string client_id;
    std::string body;                          // until it is sent
    std::optional<common::Fingerprint> print;  // of everything the client showed, where the answer may be remembered
    Breaker::Pass pass;
    std::chrono::milliseconds begun;
    std::uint64_t request = 0;  // of the HTTP client; 0: it waits for a token
    std::string token = {};     // one that was fetched
    trellis::Timer deadline = {};
    bool again = false;  // a client that is let in already proves itself
  };
  /// How a call ended.
  struct End {
    Outcome outcome;
    Breaker::Outcome breaker;
    Decision decision;
  };

  // calls.cpp: there
  void proceed(trellis_token token, Call& call);
  void send(trellis_token token, Call& call, std::string_view bearer);
  void fetch(const common::TokenRequest& wanted);
  void on_token(const std::string& key, trellis::http::ClientResult result);
  trellis::http::ClientRequest request(const trellis::http::Url& url, const std::string& layer) const;

  // calls_answers.cpp: and back
  void on_answer(trellis_token token, trellis::http::ClientResult result);
  End judge(Call& call, trellis::http::ClientResult& result);
  std::optional<Call> take(trellis_token token);
  void finish(trellis_token token, End end);
  bool allow(trellis::AuthReply& reply, std::string_view name_space, const Decision& decision, Outcome outcome);
  void look_again(std::string_view name_space, std::string_view name);
  bool is_disabled(std::string_view name_space, std::string_view name) const;
  void complain(const Endpoint& endpoint, std::string_view name_space, std::string_view why);
  bool full(std::string_view name_space) const;
  void refuse(const trellis::AuthRequest& request, trellis::AuthReply& reply, Outcome outcome, std::string_view why);

  WebhookAuthenticator& owner_;
  const trellis::Shard& shard_;
  trellis::http::Client client_;
  std::unordered_map<trellis_token, Call> calls_;
  std::map<std::string, std::size_t, std::less<>> of_namespace_;  // how many of them; only those that have any
};

}  // namespace webhook
