#include "identity/authorization.hpp"

#include <trellis/runtime/log.hpp>

#include "message/message.hpp"
#include "message/runtime.hpp"

namespace trellis::kernel {

Authorization::Authorization(std::vector<AuthorizerBinding> chain) : chain_(std::move(chain)) {
  allows_all_ = !chain_.empty() && (chain_.front().table->flags & TRELLIS_AUTHORIZER_ALLOWS_ALL) != 0;
  for (const AuthorizerBinding& binding : chain_) {
    judges_receive_ = judges_receive_ || (binding.table->flags & TRELLIS_AUTHORIZER_JUDGES_RECEIVE) != 0;
  }
}

bool Authorization::allowed(std::uint32_t action, const Identity& identity, std::string_view client_id,
                            std::string_view topic) {
  if (allows_all_) return true;
  const trellis_access question{sizeof question, action, &identity.facts(), view_of(client_id), view_of(topic)};
  for (const AuthorizerBinding& binding : chain_) {
    // Who does not judge deliveries has said all it has to say when the client subscribed.
    if (action == TRELLIS_ACTION_RECEIVE && (binding.table->flags & TRELLIS_AUTHORIZER_JUDGES_RECEIVE) == 0) {
      return true;
    }
    std::uint32_t answer = TRELLIS_ACCESS_UNSET;
    binding.table->authorize(binding.shard_state, &question, &answer, 1);
    if (answer == TRELLIS_ACCESS_ALLOW) return true;
    if (answer == TRELLIS_ACCESS_DEFER) continue;
    if (answer != TRELLIS_ACCESS_DENY) {
      log::seldom("identity", log::Level::error, "authorizer misbehaved: left a question unanswered, which denies",
                  {{"authorizer", binding.name}});
    }
    return false;
  }
  return false;
}

}  // namespace trellis::kernel
