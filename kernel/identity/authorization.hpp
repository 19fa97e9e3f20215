// The authorizers of one namespace on one shard, asked in order.
#pragma once

#include <trellis/abi/identity.h>

#include <string>
#include <string_view>
#include <vector>

#include "message/identity.hpp"

namespace trellis::kernel {

struct AuthorizerBinding {
  std::string name;  // instance, for the log
  const trellis_authorizer* table = nullptr;
  void* shard_state = nullptr;
};

/// Used on its shard's thread.
class Authorization {
 public:
  Authorization() = default;
  explicit Authorization(std::vector<AuthorizerBinding> chain);

  /// Nothing needs to be asked.
  bool allows_all() const noexcept { return allows_all_; }
  /// Deliveries are judged too, message by message.
  bool judges_receive() const noexcept { return judges_receive_; }
  /// action: TRELLIS_ACTION_…. Nobody answering means no.
  bool allowed(std::uint32_t action, const Identity& identity, std::string_view client_id, std::string_view topic);

 private:
  std::vector<AuthorizerBinding> chain_;
  bool allows_all_ = false;
  bool judges_receive_ = false;
};

}  // namespace trellis::kernel
