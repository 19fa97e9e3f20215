// Calls to authenticators and authorizers, with what they must leave behind checked.
#include <algorithm>
#include <optional>
#include <trellis/authenticator.hpp>
#include <trellis/testing/drivers.hpp>

#include "world.hpp"

namespace trellis::testing {

// --- authenticators

namespace {

trellis_token ask(Instance& instance, const Client& client, std::uint32_t shard, trellis_token token) {
  World& world = instance.world();
  Lent lent = world.lent("authenticate");
  std::vector<trellis_view> certificates;
  for (const std::string& certificate : client.certificates) certificates.push_back(lent.text(certificate));
  trellis_credentials credentials{};
  credentials.struct_size = sizeof credentials;
  credentials.flags = client.flags;
  credentials.name_space = lent.text(client.name_space);
  credentials.listener = lent.text(client.listener);
  credentials.protocol = lent.text(client.protocol);
  credentials.peer = lent.text(client.peer);
  credentials.client_id = lent.text(client.client_id);
  const auto optional = [&](const std::optional<std::string>& from, std::uint32_t flag) {
    if (from) credentials.flags |= flag;
    return from ? lent.text(*from) : trellis_view{nullptr, 0};
  };
  credentials.username = optional(client.username, TRELLIS_CREDENTIALS_HAS_USERNAME);
  credentials.password = optional(client.password, TRELLIS_CREDENTIALS_HAS_PASSWORD);
  credentials.authentication_method = optional(client.method, TRELLIS_CREDENTIALS_HAS_METHOD);
  credentials.authentication_data = lent.text(client.data);
  credentials.certificates = lent.items(certificates);
  credentials.certificate_count = static_cast<std::uint32_t>(certificates.size());
  credentials.user_properties = lent.pairs(client.user_properties);
  credentials.user_property_count = static_cast<std::uint32_t>(client.user_properties.size());

  AuthOutcome pending;
  pending.verdict = AuthVerdict::pending;
  {
    const std::lock_guard lock(world.mutex);
    const auto deadline = world.now_ms + static_cast<std::uint64_t>(world.options.auth_deadline.count());
    world.questions[token] = {&instance, pending, deadline, shard};
  }
  trellis_auth_answer answer{};
  answer.struct_size = sizeof answer;
  {
    const CallScope scope("authenticate", world.shards.at(shard).get(), false);
    instance.table<trellis_authenticator>()->authenticate(instance.shard(shard), &credentials, token, &answer);
  }
  const std::lock_guard lock(world.mutex);
  Question& question = world.questions[token];
  question.inside = false;
  if (answer.verdict == TRELLIS_AUTH_UNSET) {
    world.violation(name_of(instance) + " left a question without answer");
    question.outcome.verdict = AuthVerdict::deny;
  } else if (answer.verdict != TRELLIS_AUTH_PENDING) {
    question.outcome = AuthOutcome::of(answer);
  }
  return token;
}

}  // namespace

AuthClient::AuthClient(Instance& instance, Client client, trellis_token token)
    : instance_(&instance), client_(std::move(client)), token_(token) {}

AuthOutcome AuthClient::outcome() const {
  const std::lock_guard lock(instance_->world().mutex);
  return instance_->world().questions.at(token_).outcome;
}

AuthVerdict AuthClient::answer(std::string_view data) {
  if (verdict() != AuthVerdict::challenge) throw std::logic_error("the authenticator did not ask for a further step");
  client_.data = data;
  client_.flags |= TRELLIS_CREDENTIALS_CONTINUES;
  // The exchange keeps its token from step to step, so that the plugin finds what it remembers.
  ask(*instance_, client_, instance_->world().questions.at(token_).shard, token_);
  instance_->world().settle();
  return verdict();
}

void AuthClient::leave() {
  World& world = instance_->world();
  const auto* table = instance_->table<trellis_authenticator>();
  std::uint32_t shard = 0;
  {
    const std::lock_guard lock(world.mutex);
    Question& question = world.questions.at(token_);
    shard = question.shard;
    question.given_up = true;
    question.outcome = {};
    question.outcome.verdict = AuthVerdict::deny;
    question.outcome.reason = "the client left";
  }
  if (table->on_abandoned != nullptr) {
    const CallScope scope("on_abandoned", world.shards.at(shard).get(), false);
    table->on_abandoned(instance_->shard(shard), token_);
  }
  world.settle();
}

AuthClient AuthenticatorDriver::connect(const Client& client, std::uint32_t shard) const {
  const trellis_token token = ask(instance(), client, shard, world().next_token++);
  world().settle();
  return {instance(), client, token};
}

// --- authorizers

Access AuthorizerDriver::may(std::string_view identity, Action action, std::string_view topic,
                             std::string_view client_id, const TextPairs& attributes) const {
  return may({.name = std::string(identity), .attributes = attributes, .client_id = std::string(client_id)}, action,
             topic);
}

namespace {

// Questions about somebody, with the identity they borrow.
class Asked {
 public:
  Asked(World& world, const Authenticated& who, const char* call)
      : who_(who), lent_(world.lent(call)), client_(lent_.text(who.client_id.empty() ? who.name : who.client_id)) {
    const trellis_identity identity{sizeof(trellis_identity),
                                    static_cast<std::uint32_t>(who.attributes.size()),
                                    lent_.text(who.name),
                                    lent_.text("authenticator-of-the-test"),
                                    lent_.pairs(who.attributes),
                                    0,
                                    who.id != 0 ? who.id : world.next_token++,
                                    Grant{.own_attributes = who.own_attributes}.flags()};
    identity_ = static_cast<const trellis_identity*>(lent_.bytes(&identity, sizeof identity));
  }

  trellis_access question(std::uint32_t action, std::string_view topic) {
    return {sizeof(trellis_access), action, identity_, client_, lent_.text(topic), lent_.text(who_.name_space)};
  }
  const trellis_access* lend(const std::vector<trellis_access>& questions) { return lent_.items(questions); }

 private:
  const Authenticated& who_;
  Lent lent_;
  trellis_view client_;
  const trellis_identity* identity_ = nullptr;
};

}  // namespace

Access AuthorizerDriver::may(const Authenticated& who, Action action, std::string_view topic) const {
  return may(who, {{action, std::string(topic)}}).front();
}

std::vector<Access> AuthorizerDriver::may(const Authenticated& who,
                                          const std::vector<std::pair<Action, std::string>>& questions,
                                          std::uint32_t shard) const {
  Asked asked(world(), who, "authorize");
  std::vector<trellis_access> all;
  for (const auto& [action, topic] : questions)
    all.push_back(asked.question(static_cast<std::uint32_t>(action), topic));
  const trellis_access* lent = asked.lend(all);
  std::vector<std::uint32_t> answers(all.size(), TRELLIS_ACCESS_UNSET);
  {
    const auto* table = instance().table<trellis_authorizer>();
    const CallScope scope("authorize", world().shards.at(shard).get(), true);
    table->authorize(instance().shard(shard), lent, answers.data(), static_cast<std::uint32_t>(all.size()));
  }
  std::vector<Access> out;
  for (const std::uint32_t answer : answers) {
    if (answer < TRELLIS_ACCESS_ALLOW || answer > TRELLIS_ACCESS_DEFER) {
      world().violation(name_of(instance()) + " answered access " + std::to_string(answer));
    }
    out.push_back(static_cast<Access>(answer));
  }
  return out;
}

Admission AuthorizerDriver::admit(const Authenticated& who, std::uint32_t shard) const {
  Admission admission;
  admission.limits.struct_size = sizeof admission.limits;
  const auto* table = instance().table<trellis_authorizer>();
  if (table->admit == nullptr) return admission;
  Asked asked(world(), who, "admit");
  const trellis_access* client = asked.lend({asked.question(0, {})});
  trellis_error error{sizeof(trellis_error), 0, {}};
  const CallScope scope("admit", world().shards.at(shard).get(), true);
  admission.status = static_cast<Status>(table->admit(instance().shard(shard), client, &admission.limits, &error));
  admission.reason.assign(error.text, std::min<std::size_t>(error.size, sizeof error.text));
  return admission;
}

TextPairs AuthorizerDriver::explain(const Authenticated& who, Action action, std::string_view topic) const {
  Asked asked(world(), who, "explain");
  const trellis_access* question = asked.lend({asked.question(static_cast<std::uint32_t>(action), topic)});
  TextPairs steps;
  const CallScope scope("explain", world().shards.front().get(), true);
  instance().table<trellis_authorizer>()->explain(instance().shard(0), question, &steps,
                                                  [](void* to, trellis_view what, trellis_view found) {
                                                    static_cast<TextPairs*>(to)->emplace_back(text(what), text(found));
                                                  });
  return steps;
}

std::uint32_t AuthorizerDriver::flags() const { return instance().table<trellis_authorizer>()->flags; }

}  // namespace trellis::testing
