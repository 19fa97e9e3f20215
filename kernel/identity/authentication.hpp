// The authenticators of one namespace on one shard, asked in order, now or later.
#pragma once

#include <trellis/abi/identity.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <trellis/connections/connection.hpp>
#include <trellis/runtime/awaited.hpp>
#include <trellis/runtime/identity.hpp>
#include <vector>

#include "names.hpp"

namespace trellis::kernel {

struct AuthenticatorBinding {
  std::string name;  // instance
  const trellis_authenticator* table = nullptr;
  void* shard_state = nullptr;
  MetricId timeouts = 0;  // counts its own
};

/// A chain as configured; replaced as a whole on reload.
struct AuthenticationChain {
  std::string name_space;
  std::vector<AuthenticatorBinding> authenticators;
  std::uint64_t deadline_ms = 10000;  // for an answer that comes later
};

struct AuthenticationMetrics {
  MetricId allowed, denied, pending, timeouts, late;
};

/// Questions about clients under way on one shard.
///
/// All members are for that shard's thread. A token names a question; an answer to a token that is gone (the client
/// left, the deadline passed, it was answered before) is counted and ignored. Destruction denies whatever still waits.
class Authentication {
 public:
  Authentication(Shard& shard, const AuthenticationMetrics& metrics);
  ~Authentication();

  /// Asks the chain. The protocol's on_authenticated is called with the answer, perhaps before this returns.
  void ask(Connection& connection, std::shared_ptr<const AuthenticationChain> chain,
           const trellis_credentials& credentials);
  /// A later answer.
  void complete(trellis_token token, const trellis_auth_answer& answer);
  /// The client is gone.
  void abandon(Connection& connection);

 private:
  struct Question;
  void ask_from(Question& question, std::size_t first, const trellis_credentials& credentials);
  void answered(Question& question, const trellis_auth_answer& answer);
  void finish(Question& question, const trellis_auth_answer& answer);
  static void give_up(Question& question);
  void erase(Question& question);
  IdentityPtr identity_for(const AuthenticatorBinding& binding, const trellis_auth_answer& answer);
  void late(Question& question);

  Shard& shard_;
  const AuthenticationMetrics& metrics_;
  Awaited<Question> questions_;
  /// Anonymous clients of one authenticator are all the same to everybody.
  boost::unordered_flat_map<std::string, IdentityPtr> anonymous_;
};

}  // namespace trellis::kernel
