#include <algorithm>
#include <trellis/runtime/authorization.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/runtime/views.hpp>

namespace trellis::runtime {

Authorization::Authorization(std::string name_space, std::vector<AuthorizerBinding> chain)
    : name_space_(std::move(name_space)), chain_(std::move(chain)) {
  allows_all_ = !chain_.empty() && (chain_.front().table->flags & TRELLIS_AUTHORIZER_ALLOWS_ALL) != 0;
  const auto judges = [](const AuthorizerBinding& binding) {
    return (binding.table->flags & TRELLIS_AUTHORIZER_JUDGES_RECEIVE) != 0;
  };
  judges_receive_ = std::ranges::any_of(chain_, judges);
  all_judge_receive_ = !chain_.empty() && std::ranges::all_of(chain_, judges);
}

trellis_access Authorization::question(std::uint32_t action, const Identity& identity, std::string_view client_id,
                                       std::string_view topic) const {
  return {sizeof(trellis_access), action, &identity.facts(), view_of(client_id), view_of(topic), view_of(name_space_)};
}

bool Authorization::allowed(std::uint32_t action, const Identity& identity, std::string_view client_id,
                            std::string_view topic) {
  if (allows_all_) return true;
  const trellis_access question = this->question(action, identity, client_id, topic);
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

bool Authorization::explain(std::uint32_t action, const Identity& identity, std::string_view client_id,
                            std::string_view topic, std::vector<std::string>& steps) {
  static constexpr std::string_view kAnswers[] = {"nothing, which denies", "allowed", "denied", "asks the next one"};
  const trellis_access question = this->question(action, identity, client_id, topic);
  for (const AuthorizerBinding& binding : chain_) {
    if (binding.table->explain != nullptr) {
      binding.table->explain(binding.shard_state, &question, &steps,
                             [](void* to, trellis_view what, trellis_view found) {
                               auto& list = *static_cast<std::vector<std::string>*>(to);
                               list.emplace_back(text_of(what));
                               list.emplace_back(text_of(found));
                             });
    }
    std::uint32_t answer = TRELLIS_ACCESS_UNSET;
    binding.table->authorize(binding.shard_state, &question, &answer, 1);
    steps.push_back("authorizer " + binding.name);
    steps.emplace_back(kAnswers[answer <= TRELLIS_ACCESS_DEFER ? answer : 0]);
    if (answer != TRELLIS_ACCESS_DEFER) return answer == TRELLIS_ACCESS_ALLOW;
  }
  steps.emplace_back("authorizers");
  steps.emplace_back("none of the namespace allows it");
  return false;
}

trellis_status Authorization::admit(const Identity& identity, std::string_view client_id, trellis_client_limits& limits,
                                    trellis_error& error) {
  const trellis_access question = this->question(0, identity, client_id, {});
  const auto stricter = [](auto& kept, auto said) {
    if (said != 0 && (kept == 0 || said < kept)) kept = said;
  };
  for (const AuthorizerBinding& binding : chain_) {
    if (binding.table->admit == nullptr) continue;
    trellis_client_limits own{};
    own.struct_size = sizeof own;
    const trellis_status status = binding.table->admit(binding.shard_state, &question, &own, &error);
    if (status != TRELLIS_OK) return status;
    stricter(limits.sessions, own.sessions);
    stricter(limits.subscriptions, own.subscriptions);
    stricter(limits.session_expiry_s, own.session_expiry_s);
    stricter(limits.publishes_per_s, own.publishes_per_s);
    stricter(limits.bytes_per_s, own.bytes_per_s);
  }
  return TRELLIS_OK;
}

}  // namespace trellis::runtime
