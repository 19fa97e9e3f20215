// Clients over socket pairs, and authenticators that answer as the test says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <trellis/keeping/message.hpp>
#include <utility>
#include <vector>

#include "connections/fake_endpoint.hpp"
#include "identity/authentication.hpp"
#include "names.hpp"

namespace trellis::kernel::testing {

/// Answers each question through a function; remembers tokens and what it was told to forget.
struct FakeAuthenticator {
  using Judge = std::function<void(const trellis_credentials&, trellis_auth_answer&)>;
  explicit FakeAuthenticator(Judge function) : judge(std::move(function)) {}
  Judge judge;
  std::vector<trellis_token> asked;
  std::vector<trellis_token> abandoned;

  static const trellis_authenticator& table() {
    static const trellis_authenticator table{
        sizeof table,
        [](void* shard, const trellis_credentials* credentials, trellis_token token, trellis_auth_answer* answer) {
          auto& self = *static_cast<FakeAuthenticator*>(shard);
          self.asked.push_back(token);
          self.judge(*credentials, *answer);
        },
        [](void* shard, trellis_token token) { static_cast<FakeAuthenticator*>(shard)->abandoned.push_back(token); }};
    return table;
  }
};

inline FakeAuthenticator::Judge answers(std::uint32_t verdict) {
  return [verdict](const trellis_credentials&, trellis_auth_answer& answer) { answer.verdict = verdict; };
}

inline trellis_auth_answer answer(std::uint32_t verdict, std::string_view name = "",
                                  trellis_status status = TRELLIS_STATUS_UNSET) {
  trellis_auth_answer made{};
  made.struct_size = sizeof made;
  made.verdict = verdict;
  made.name = view_of(name);
  made.status = status;
  return made;
}

class AuthenticationBench {
 public:
  explicit AuthenticationBench(const std::vector<FakeAuthenticator::Judge>& judges,
                               std::uint64_t deadline_ms = 60'000) {
    const auto declare = [&](const char* name) {
      return net.shards.metrics.declare(MetricType::counter, name, "", "");
    };
    metrics = {declare("allowed"), declare("denied"), declare("pending"), declare("timeouts"), declare("late")};
    authentication = std::make_unique<Authentication>(*net.shards[0], metrics);
    auto made = std::make_shared<AuthenticationChain>();
    made->deadline_ms = deadline_ms;
    for (const auto& judge : judges) {
      authenticators.push_back(std::make_unique<FakeAuthenticator>(judge));
      const std::string name = "auth-" + std::to_string(authenticators.size());
      made->authenticators.push_back({name, &FakeAuthenticator::table(), authenticators.back().get()});
    }
    chain = made;
    peer = net.connect();
  }
  ~AuthenticationBench() {
    net.call([this] { authentication.reset(); });
  }

  void ask(std::uint32_t flags = 0, std::string_view username = "") {
    net.call([&] { ask_here(flags, username); });
  }
  void ask_here(std::uint32_t flags = 0, std::string_view username = "") {
    trellis_credentials credentials{};
    credentials.struct_size = sizeof credentials;
    credentials.flags = flags;
    credentials.username = view_of(username);
    authentication->ask(net.connection(), chain, credentials);
  }
  void complete(trellis_token token, const trellis_auth_answer& late) {
    net.call([&] { authentication->complete(token, late); });
  }
  /// Verdicts as the protocol was told them.
  std::vector<std::uint32_t> verdicts() {
    return net.call([this] { return net.protocol().verdicts; });
  }
  std::vector<trellis_status> statuses() {
    return net.call([this] { return net.protocol().statuses; });
  }
  std::string identity() {
    return net.call([this] {
      const IdentityPtr& known = net.connection().identity();
      return known ? std::string(known->name()) + "@" + std::string(text_of(known->facts().authenticator)) : "nobody";
    });
  }
  FakeAuthenticator& operator[](std::size_t index) { return *authenticators[index]; }
  std::int64_t read(MetricId id) const { return net.read(id); }

  ConnectionBench net;
  AuthenticationMetrics metrics;
  std::vector<std::unique_ptr<FakeAuthenticator>> authenticators;
  std::unique_ptr<Authentication> authentication;
  std::shared_ptr<const AuthenticationChain> chain;
  Peer peer;
};

}  // namespace trellis::kernel::testing
