// Facts become events here.
#include "system_events.hpp"

#include <array>
#include <trellis/json.hpp>
#include <trellis/tables.hpp>
#include <utility>

namespace system_events {
namespace {

// As Event Grid calls them, by TRELLIS_DISCONNECTED_….
constexpr std::array<std::string_view, 12> kReasons{"ServerError",
                                                    "ClientAuthenticationError",
                                                    "ClientAuthorizationError",
                                                    "ClientError",
                                                    "ClientInitiatedDisconnect",
                                                    "ConnectionLost",
                                                    "IpForbidden",
                                                    "QuotaExceeded",
                                                    "ServerError",
                                                    "ServerInitiatedDisconnect",
                                                    "SessionOverflow",
                                                    "SessionTakenOver"};

}  // namespace

trellis::Result<void> SystemEvents::configure(const trellis::Config& config) {
  auto settings = Settings::read(config);
  if (!settings) return settings.error();
  settings_ = std::move(settings).value();
  bool there = settings_.watches.empty();
  for (std::uint32_t i = 0; i < host().namespace_count(); ++i) {
    there = there || host().name_space(i).name == settings_.name_space;
  }
  if (!there) return trellis::fail("/namespace: there is no namespace \"" + settings_.name_space + "\"");
  if (settings_.resources) observe_resources(*this);
  return trellis::ok();
}

trellis::Result<void> SystemEvents::start() {
  metrics_ = OutletMetrics::declare(host());
  return trellis::ok();
}

template <class Function>
void SystemEvents::at(std::uint32_t shard_index, Function function) const {
  std::weak_ptr<Desk> there;
  {
    const std::lock_guard lock(mutex_);
    if (shard_index < desks_.size()) there = desks_[shard_index];
  }
  host().post(shard_index, [there = std::move(there), function = std::move(function)]() mutable {
    if (const auto desk = there.lock()) function(*desk);
  });
}

// Clients are gone by now, and told of.
void SystemEvents::drain(std::chrono::milliseconds) {
  for (std::uint32_t i = 0; i < host().shard_count(); ++i) {
    at(i, [](Desk& desk) { desk.flush(); });
  }
}

void SystemEvents::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  std::vector<ResourceState> states;
  for (const trellis::ResourceChange& one : changes) states.push_back(state_of(one));
  at(0, [states = std::move(states)](Desk& desk) mutable { desk.take(std::move(states)); });
}

void SystemEvents::on_request(const trellis::Request&, trellis::Reply reply) {
  reply.text("Events are published, not asked for: subscribe to " + settings_.prefix + "/#.\n", 404);
}

const void* SystemEvents::table(std::string_view id) {
  static constexpr auto kTell = [](void* shard, const trellis_session_fact* fact) {
    trellis::glue::shard(shard).state<ShardState>().desk->session(*fact);
  };
  static constexpr trellis_session_witness kWitness{sizeof(trellis_session_witness), 0, kTell, kTell};
  if (id == trellis::kTableId<trellis_session_witness>) return settings_.sessions ? &kWitness : nullptr;
  return trellis::Service::table(id);
}

SystemEvents::ShardState::ShardState(SystemEvents& plugin, trellis::Shard& shard)
    : desk(std::make_shared<Desk>(plugin.settings_, plugin.metrics_, shard)) {
  const std::lock_guard lock(plugin.mutex_);
  if (plugin.desks_.size() <= shard.index()) plugin.desks_.resize(shard.index() + 1);
  plugin.desks_[shard.index()] = desk;
}

Desk::Desk(const Settings& settings, const OutletMetrics& metrics, const trellis::Shard& shard)
    : settings_(settings), shard_(shard), outlet_(shard, settings.prefix, settings.source, metrics) {
  if (shard.index() != 0) return;
  changes_.emplace(shard, outlet_, settings.resource_delay);
  if (settings.watches.empty()) return;
  watches_.emplace(settings.watches);
  watches_->begin(common::MetricText(shard.host().render_metrics()));
  // Not at once: the namespaces may still be opening while shards are.
  next_look_ = shard.after(std::chrono::milliseconds(0), [this] { look(); });
}

void Desk::session(const trellis_session_fact& fact) {
  const std::string name_space(shard_.host().name_space(fact.name_space).name);
  const std::string_view client = trellis::text(fact.client);
  const std::string_view session = trellis::text(fact.session);
  Members data;
  data.text("namespaceName", name_space)
      .text("clientAuthenticationName", client)
      .text("clientSessionName", session)
      .number("sequenceNumber", static_cast<std::int64_t>(fact.sequence));
  const bool gone = fact.reason != 0;
  if (gone) data.text("disconnectionReason", kReasons[fact.reason < kReasons.size() ? fact.reason : 0]);
  outlet_.tell({.name_space = name_space,
                .type = gone ? "Microsoft.EventGrid.MQTTClientSessionDisconnected"
                             : "Microsoft.EventGrid.MQTTClientSessionConnected",
                .subject = "clients/" + part(client) + "/sessions/" + part(session),
                .data = data.object(),
                .unix_ms = shard_.wall().count()});
}

void Desk::take(std::vector<ResourceState> changes) {
  if (changes_) changes_->take(std::move(changes));
}

void Desk::flush() {
  if (changes_) changes_->flush();
  outlet_.flush();
}

void Desk::look() {
  const common::MetricText metrics(shard_.host().render_metrics());
  watches_->read(metrics, [this](const Watch& watch, std::string_view labels, std::int64_t before, std::int64_t now) {
    Members data;
    data.text("metric", watch.metric).text("labels", labels).number("value", now);
    if (!watch.below) data.number("increase", now - before);
    outlet_.tell({.name_space = settings_.name_space,
                  .type = watch.type,
                  .subject = "metrics/" + watch.metric,
                  .data = data.object(),
                  .unix_ms = shard_.wall().count()});
  });
  next_look_ = shard_.after(settings_.watch_interval, [this] { look(); });
}

}  // namespace system_events
