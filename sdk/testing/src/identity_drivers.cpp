// Calls to authenticators and authorizers, with what they must leave behind checked.
#include <memory>
#include <trellis/authenticator.hpp>
#include <trellis/testing/drivers.hpp>

#include "world.hpp"

namespace trellis::testing {

// --- authenticators

namespace {

trellis_token ask(Instance& instance, const Client& client, std::uint32_t shard, trellis_token token) {
  World& world = instance.world();
  // Exact copies on the heap, gone when the call is over.
  auto facts = std::make_unique<Client>(client);
  const auto certificates = [&] {
    std::vector<trellis_view> out;
    for (const std::string& certificate : facts->certificates) out.push_back(view(certificate));
    return out;
  }();
  const auto properties = view_pairs(facts->user_properties);
  trellis_credentials credentials{};
  credentials.struct_size = sizeof credentials;
  credentials.flags = client.flags;
  credentials.name_space = view(facts->name_space);
  credentials.listener = view(facts->listener);
  credentials.protocol = view(facts->protocol);
  credentials.peer = view(facts->peer);
  credentials.client_id = view(facts->client_id);
  if (facts->username) {
    credentials.username = view(*facts->username);
    credentials.flags |= TRELLIS_CREDENTIALS_HAS_USERNAME;
  }
  if (facts->password) {
    credentials.password = view(*facts->password);
    credentials.flags |= TRELLIS_CREDENTIALS_HAS_PASSWORD;
  }
  if (facts->method) {
    credentials.authentication_method = view(*facts->method);
    credentials.flags |= TRELLIS_CREDENTIALS_HAS_METHOD;
  }
  credentials.authentication_data = view(facts->data);
  credentials.certificates = certificates.data();
  credentials.certificate_count = static_cast<std::uint32_t>(certificates.size());
  credentials.user_properties = properties.data();
  credentials.user_property_count = static_cast<std::uint32_t>(properties.size());

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
  instance_->world().turn();
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
    question.outcome = {};
    question.outcome.verdict = AuthVerdict::deny;
    question.outcome.reason = "the client left";
  }
  if (table->on_abandoned != nullptr) {
    const CallScope scope("on_abandoned", world.shards.at(shard).get(), false);
    table->on_abandoned(instance_->shard(shard), token_);
  }
  world.turn();
}

AuthClient AuthenticatorDriver::connect(const Client& client, std::uint32_t shard) const {
  const trellis_token token = ask(instance(), client, shard, world().next_token++);
  world().turn();
  return {instance(), client, token};
}

// --- authorizers

Access AuthorizerDriver::may(std::string_view identity, Action action, std::string_view topic,
                             std::string_view client_id, const TextPairs& attributes) const {
  return may({.name = std::string(identity), .attributes = attributes, .client_id = std::string(client_id)}, action,
             topic);
}

namespace {

// A question about somebody, with the identity it borrows.
struct Asked {
  Asked(World& world, const Authenticated& who, std::uint32_t action, std::string_view topic)
      : pairs(view_pairs(who.attributes)),
        identity{sizeof(trellis_identity),
                 static_cast<std::uint32_t>(pairs.size()),
                 view(who.name),
                 view("authenticator-of-the-test"),
                 pairs.data(),
                 0,
                 who.id != 0 ? who.id : world.next_token++,
                 Grant{.own_attributes = who.own_attributes}.flags()},
        question{sizeof(trellis_access),
                 action,
                 &identity,
                 view(who.client_id.empty() ? who.name : who.client_id),
                 view(topic),
                 view(who.name_space)} {}
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  std::vector<trellis_pair> pairs;
  trellis_identity identity;
  trellis_access question;
};

}  // namespace

Access AuthorizerDriver::may(const Authenticated& who, Action action, std::string_view topic) const {
  const Asked asked(world(), who, static_cast<std::uint32_t>(action), topic);
  std::uint32_t answer = TRELLIS_ACCESS_UNSET;
  {
    const CallScope scope("authorize", world().shards.front().get(), true);
    instance().table<trellis_authorizer>()->authorize(instance().shard(0), &asked.question, &answer, 1);
  }
  if (answer < TRELLIS_ACCESS_ALLOW || answer > TRELLIS_ACCESS_DEFER) {
    world().violation(name_of(instance()) + " answered access " + std::to_string(answer));
  }
  return static_cast<Access>(answer);
}

Admission AuthorizerDriver::admit(const Authenticated& who) const {
  const Asked asked(world(), who, 0, {});
  Admission admission;
  admission.limits.struct_size = sizeof admission.limits;
  trellis_error error{sizeof(trellis_error), 0, {}};
  const CallScope scope("admit", world().shards.front().get(), true);
  admission.status = static_cast<Status>(
      instance().table<trellis_authorizer>()->admit(instance().shard(0), &asked.question, &admission.limits, &error));
  admission.reason.assign(error.text, error.size);
  return admission;
}

TextPairs AuthorizerDriver::explain(const Authenticated& who, Action action, std::string_view topic) const {
  const Asked asked(world(), who, static_cast<std::uint32_t>(action), topic);
  TextPairs steps;
  const CallScope scope("explain", world().shards.front().get(), true);
  instance().table<trellis_authorizer>()->explain(instance().shard(0), &asked.question, &steps,
                                                  [](void* to, trellis_view what, trellis_view found) {
                                                    static_cast<TextPairs*>(to)->emplace_back(text(what), text(found));
                                                  });
  return steps;
}

std::uint32_t AuthorizerDriver::flags() const { return instance().table<trellis_authorizer>()->flags; }

}  // namespace trellis::testing
