// The authorizers of one namespace on one shard, asked in order.
#pragma once

#include <trellis/abi/identity.h>

#include <string>
#include <string_view>
#include <trellis/runtime/identity.hpp>
#include <vector>

namespace trellis::runtime {

struct AuthorizerBinding {
  std::string name;  // instance, for the log
  const trellis_authorizer* table = nullptr;
  void* shard_state = nullptr;
};

/// Used on its shard's thread.
class Authorization {
 public:
  Authorization() = default;
  Authorization(std::string name_space, std::vector<AuthorizerBinding> chain);

  /// Nothing needs to be asked.
  bool allows_all() const noexcept { return allows_all_; }
  /// Deliveries are judged too, message by message.
  bool judges_receive() const noexcept { return judges_receive_; }
  /// Nothing is delivered unjudged: who may not have a subscription any more gets nothing by it.
  bool subscriptions_may_stay() const noexcept { return allows_all_ || all_judge_receive_; }
  /// action: TRELLIS_ACTION_…. Nobody answering means no.
  bool allowed(std::uint32_t action, const Identity& identity, std::string_view client_id, std::string_view topic);
  /// The same with the steps that lead there, in pairs of what was looked at and what was found.
  bool explain(std::uint32_t action, const Identity& identity, std::string_view client_id, std::string_view topic,
               std::vector<std::string>& steps);
  /// As the contract's.
  trellis_status admit(const Identity& identity, std::string_view client_id, trellis_client_limits& limits,
                       trellis_error& error);

 private:
  trellis_access question(std::uint32_t action, const Identity& identity, std::string_view client_id,
                          std::string_view topic) const;

  std::string name_space_;
  std::vector<AuthorizerBinding> chain_;
  bool allows_all_ = false;
  bool judges_receive_ = false;
  bool all_judge_receive_ = false;
};

}  // namespace trellis::runtime
