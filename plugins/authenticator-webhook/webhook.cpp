// Life cycle of the plugin, the namespaces' endpoints, and what the shards share.
#include "webhook.hpp"

#include <utility>

#include "access/registered_client.hpp"
#include "access/types.hpp"

namespace webhook {
namespace {

using State = common::CircuitBreaker::State;

std::uint64_t milliseconds(const trellis::Shard& shard) { return static_cast<std::uint64_t>(shard.now().count()); }

trellis::Config authentication_of(const trellis::Resource& name_space) {
  return name_space.properties().object("topicSpacesConfiguration").object("clientAuthentication");
}

}  // namespace

WebhookAuthenticator::ShardState::ShardState(WebhookAuthenticator& owner, const trellis::Shard& shard)
    : calls(std::make_shared<Calls>(owner, shard)) {
  const std::lock_guard lock(owner.mutex_);
  if (owner.shards_.size() <= shard.index()) owner.shards_.resize(shard.index() + 1);
  owner.shards_[shard.index()] = calls;
}

trellis::Result<void> WebhookAuthenticator::configure(const trellis::Config& config) {
  auto settings = read_settings(config);
  if (!settings) return settings.error();
  settings_ = std::move(*settings);
  for (const auto& rules : {rights::clients(), rights::namespaces()}) {
    if (auto declared = declare_resources(*this, rules); !declared) return declared;
  }
  return trellis::ok();
}

trellis::Result<void> WebhookAuthenticator::start() {
  metrics_ = Metrics::declare(host());
  if (!key_.draw()) return trellis::fail("the system has no random numbers");
  memory_ = std::make_unique<common::TimedMemory<std::shared_ptr<const Decision>>>(
      settings_.remembered_answers, static_cast<std::uint64_t>(settings_.remembered_for.count()));
  endpoints_ = std::make_unique<rights::PerNamespace<Endpoint>>(
      [this](std::string_view name_space, const trellis::Config& authentication) {
        return make_endpoint(name_space, authentication);
      });
  endpoints_->load(host());
  return trellis::ok();
}

std::shared_ptr<const Endpoint> WebhookAuthenticator::make_endpoint(std::string_view name_space,
                                                                    const trellis::Config& authentication) {
  auto facts = read_endpoint(authentication, settings_);
  if (facts && !*facts) return nullptr;
  std::string fault;
  if (!facts) {
    fault = facts.error().text;
    host().log(trellis::Level::warn, "a namespace's webhook cannot be asked with the plugin's settings",
               {{"namespace", name_space}, {"error", fault}});
  }
  EndpointFacts taken = facts ? std::move(**facts) : EndpointFacts{};
  const std::string origin = taken.url.origin();
  return std::make_shared<const Endpoint>(
      std::move(taken), std::move(fault), settings_,
      [this, origin, where = std::string(name_space)](State from, State to) {
        metrics_.changed(from, to);
        if (to == State::open) {
          host().log(trellis::Level::warn, "a webhook does not answer and is left alone for a while",
                     {{"namespace", where}, {"endpoint", origin}});
        } else if (from == State::half_open && to == State::closed) {
          host().log(trellis::Level::info, "a webhook answers again", {{"namespace", where}, {"endpoint", origin}});
        }
      });
}

trellis::Result<void> WebhookAuthenticator::check_resource(const trellis::ResourceChange& change) {
  if (auto known = rights::check(change); !known) return known;
  if (!change.after || change.after->type() != "namespaces") return trellis::ok();
  return check_endpoint(authentication_of(*change.after));
}

void WebhookAuthenticator::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  endpoints_->update(changes);
  for (const rights::ChangedClients& clients : rights::disabled_clients(changes)) {
    const std::vector<std::string_view> names(clients.names.begin(), clients.names.end());
    revoke(clients.name_space, names);
  }
}

void WebhookAuthenticator::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  auto endpoint = endpoints_->find(request.name_space);
  if (endpoint == nullptr) return reply.defer();
  if (!endpoint->fault.empty()) {
    return reply.deny("the webhook cannot be asked",
                      request.reauthenticates() ? trellis::Status::not_authorized : trellis::Status::unavailable);
  }
  request.shard.state<ShardState>().calls->ask(std::move(endpoint), request, std::move(reply));
}

void WebhookAuthenticator::on_abandoned(trellis_token token) noexcept {
  Calls* calls = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entered_.find(token);
    if (found != entered_.end()) calls = found->second;
  }
  // Those of the shard this is called on: nobody else takes the question.
  if (calls != nullptr) calls->abandon(token);
}

common::Fingerprint WebhookAuthenticator::fingerprint(std::uint64_t endpoint, std::string_view body) const {
  return key_.of({std::to_string(endpoint), body});
}

std::shared_ptr<const Decision> WebhookAuthenticator::remembered(const common::Fingerprint& print,
                                                                 const trellis::Shard& shard) {
  if (settings_.remembered_answers == 0) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto* found = memory_->find(print, milliseconds(shard));
  if (found == nullptr) return nullptr;
  // Its time was counted by another clock than the one its end is told by.
  const bool over = (*found)->expires.count() > 0 && (*found)->expires <= shard.wall();
  return over ? nullptr : *found;
}

void WebhookAuthenticator::remember(const common::Fingerprint& print, const Decision& decision,
                                    const trellis::Shard& shard) {
  if (settings_.remembered_answers == 0) return;
  auto kept = std::make_shared<const Decision>(decision);
  const std::uint64_t most = decision.expires.count() == 0
                                 ? UINT64_MAX
                                 : static_cast<std::uint64_t>((decision.expires - shard.wall()).count());
  const std::lock_guard lock(mutex_);
  memory_->add(print, std::move(kept), milliseconds(shard), most);
}

void WebhookAuthenticator::enter(trellis_token token, Calls& calls) {
  const std::lock_guard lock(mutex_);
  entered_[token] = &calls;
}

void WebhookAuthenticator::leave(trellis_token token) {
  const std::lock_guard lock(mutex_);
  entered_.erase(token);
}

void WebhookAuthenticator::tell_token_settled(const std::string& key, bool there) {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    host().post(i, [calls = shards_[i], key, there] {
      if (const auto alive = calls.lock()) alive->token_settled(key, there);
    });
  }
}

}  // namespace webhook
