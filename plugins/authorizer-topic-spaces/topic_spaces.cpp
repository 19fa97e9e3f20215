#include "topic_spaces.hpp"

#include <algorithm>
#include <set>
#include <trellis/authenticator.hpp>

#include "access/registered_client.hpp"
#include "access/types.hpp"

namespace topic_spaces {
namespace {

using trellis::Access;

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

/// How many there may be of something where the settings do not say it.
struct Most {
  std::string_view name;
  std::string_view what;
  std::uint32_t standard;  // 0: any number
  std::uint32_t event_grid;
  std::uint32_t TypeLimits::*member;
};

constexpr Most kMost[] = {{"clients", "registered clients in a namespace", 0, 10'000, &TypeLimits::clients},
                          {"client_groups", "client groups in a namespace", 1000, 10, &TypeLimits::groups},
                          {"topic_spaces", "topic spaces in a namespace", 1000, 10, &TypeLimits::spaces},
                          {"topic_templates", "templates in a topic space", 1000, 10, &TypeLimits::templates},
                          {"permission_bindings", "bindings in a namespace", 10'000, 100, &TypeLimits::bindings}};

trellis::Schema with_limits(trellis::Schema schema) {
  for (const Most& one : kMost) {
    const std::string standard = one.standard == 0 ? "any number" : std::to_string(one.standard);
    const std::string help = "Most " + std::string(one.what) + ". Default " + standard +
                             "; event-grid: " + std::to_string(one.event_grid) +
                             (one.member == &TypeLimits::clients ? " for each throughput unit." : ".");
    std::move(schema).integer(one.name, {.help = help, .minimum = 1, .maximum = 10'000'000});
  }
  return schema;
}

}  // namespace

trellis::Schema TopicSpaces::schema() {
  return with_limits(
             trellis::Schema{}.choice(
                 "profile", {"default", "event-grid"},
                 {.help = "Where the numbers come from that are not set here. With event-grid a namespace whose "
                          "settings do not say otherwise has one session for each client, which lasts an hour, "
                          "and 8 hours are the most they may say.",
                  .fallback = "default"}))
      .integer("remembered_decisions",
               {.help = "Answers each shard remembers, some 100 bytes each. 0: none, every message is judged anew.",
                .fallback = 8192,
                .minimum = 0,
                .maximum = 10'000'000})
      .integer("remembered_clients", {.help = "Clients whose groups and variables each shard remembers, some 500 bytes "
                                              "each. Others are looked up again when they ask.",
                                      .fallback = 20'000,
                                      .minimum = 1,
                                      .maximum = 10'000'000})
      .example("{}")
      .example(R"({"profile": "event-grid", "permission_bindings": 1000})");
}

trellis::Result<void> TopicSpaces::configure(const trellis::Config& config) {
  const auto number = [&](std::string_view name) { return static_cast<std::uint32_t>(config.integer(name)); };
  event_grid_ = config.text("profile") == "event-grid";
  for (const Most& one : kMost) {
    const std::uint32_t standard = event_grid_ ? one.event_grid : one.standard;
    type_limits_.*one.member = static_cast<std::uint32_t>(config.integer(one.name, standard));
  }
  remembered_decisions_ = number("remembered_decisions");
  remembered_clients_ = number("remembered_clients");
  for (const auto& rules : {rights::clients(type_limits_.clients), rights::namespaces(), client_groups(type_limits_),
                            topic_spaces::topic_spaces(type_limits_), permission_bindings(type_limits_)}) {
    if (auto declared = declare_resources(*this, rules); !declared) return declared;
  }
  return trellis::ok();
}

trellis::Result<void> TopicSpaces::start() {
  static constexpr std::string_view kHelp = "Questions about rights, by how they were answered.";
  const auto counter = [&](std::string_view label) {
    return host().counter("trellis_topic_space_answers_total", kHelp, label);
  };
  allowed_ = counter("answer=\"allowed\"");
  refused_ = counter("answer=\"refused\"");
  remembered_ = counter("answer=\"remembered\"");
  const auto* table = host().table<trellis_host_namespace>();
  if (table == nullptr) return trellis::fail("this broker tells no namespaces");
  for (std::uint32_t i = 0; i < table->count(host().handle()); ++i) {
    read_again(trellis::text(table->name(host().handle(), i)));
  }
  return trellis::ok();
}

trellis::Result<void> TopicSpaces::check_resource(const trellis::ResourceChange& change) {
  if (auto known = rights::check(change); !known) return known;
  return topic_spaces::check(change, type_limits_, event_grid_);
}

// ---- changes

void TopicSpaces::read_again(std::string_view name_space) {
  auto snapshot = Snapshot::read(host(), name_space, event_grid_ ? kEventGridDefaults : SessionDefaults{});
  const std::lock_guard lock(mutex_);
  snapshots_[std::string(name_space)] = std::move(snapshot);
}

// Whoever asks gets what is new before what was remembered is forgotten.
void TopicSpaces::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  std::set<std::string_view> changed;
  for (const trellis::ResourceChange& change : changes) {
    if (change.either().type() != "clients") changed.insert(change.either().name_space());
  }
  for (const std::string_view name_space : changed) read_again(name_space);
  if (!changed.empty()) epoch_.fetch_add(1, std::memory_order_release);
  for (const trellis::ResourceChange& change : changes) {
    if (change.either().type() == "clients") versions_.change(change.either().key());
  }
  if (!changed.empty()) forget_decisions();
  clients_changed(changes, changed.empty());
}

void TopicSpaces::clients_changed(const std::vector<trellis::ResourceChange>& changes, bool only_they) {
  std::map<std::string_view, std::vector<std::string_view>> names;
  for (const trellis::ResourceChange& change : changes) {
    names[change.either().name_space()].push_back(change.either().key());
  }
  if (only_they) {
    for (const auto& [name_space, those] : names) forget_decisions_of(name_space, those);
  }
  for (const auto& gone : {rights::disabled_clients(changes), rights::removed_clients(changes)}) {
    for (const rights::ChangedClients& space : gone) {
      trellis::revoke_clients(host(), space.name_space, views_of(space.names));
    }
  }
}

// ---- questions

void TopicSpaces::follow(ShardState& state) const {
  const std::uint64_t epoch = epoch_.load(std::memory_order_acquire);
  if (state.epoch == epoch) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, snapshot] : snapshots_) {
    auto& space = state.spaces.try_emplace(name, ShardState::Space{nullptr, Members(state.most_members)}).first->second;
    space.snapshot = snapshot;
    space.members.clear();
  }
  state.epoch = epoch;
}

void TopicSpaces::authorize(trellis::AccessBatch batch) noexcept {
  auto& state = batch.shard().state<ShardState>();
  try {
    follow(state);
  } catch (const std::exception&) {
    return batch.judge([](const trellis::AccessRequest&) { return Access::deny; });  // out of memory
  }
  batch.judge([&](const trellis::AccessRequest& request) {
    const Decisions::Question question(request, {state.epoch, versions_.of(request.identity().name())});
    const Access remembered = state.decisions.find(question);
    if (remembered != Access::unset) {
      remembered_.add(batch.shard());
      return remembered;
    }
    try {
      const Access access = answer(state, request);
      (access == Access::allow ? allowed_ : refused_).add(batch.shard());
      state.decisions.keep(question, access);
      return access;
    } catch (const std::exception&) {
      return Access::deny;  // out of memory
    }
  });
}

// Where no binding speaks, others may be asked; nobody left means no.
Access TopicSpaces::answer(ShardState& state, const trellis::AccessRequest& request) const {
  const auto space = state.spaces.find(request.name_space());
  if (space == state.spaces.end()) return Access::defer;
  const Member* const who = member(space->second, request);
  switch (space->second.snapshot->judge(*who, request.action(), request.topic())) {
    case Snapshot::Answer::allowed:
      return Access::allow;
    case Snapshot::Answer::denied:
      return Access::deny;
    case Snapshot::Answer::nothing:
      break;
  }
  return Access::defer;
}

const Member* TopicSpaces::member(ShardState::Space& space, const trellis::AccessRequest& request) const {
  const std::uint64_t identity = request.identity().id();
  const std::uint32_t version = versions_.of(request.identity().name());
  const Member* const known = space.members.find(identity);
  if (known != nullptr && known->version == version) return known;
  Member made = space.snapshot->member(subject_of(request));
  made.version = version;
  return &space.members.put(identity, std::move(made));
}

Subject TopicSpaces::subject_of(const trellis::AccessRequest& request) const {
  const trellis::Identity identity = request.identity();
  Subject subject{std::string(identity.name())};
  for (const trellis::Pair& pair : identity.attributes()) {
    auto value = rights::from_json(pair.value);
    if (!value) continue;
    auto* const list = std::get_if<std::vector<std::string>>(&*value);
    if (pair.name == TRELLIS_ATTRIBUTE_PRINCIPALS && list != nullptr) {
      subject.by_roles = true;
      subject.principals = std::move(*list);
    } else {
      subject.attributes.push_back({std::string(pair.name), std::move(*value)});
    }
  }
  const bool own = identity.own_attributes() || !subject.attributes.empty();
  subject.origin = own ? "those the client came with" : "none: no client is registered under that name";
  if (identity.anonymous()) return subject;
  trellis::with_resource_of_key(
      host(), request.name_space(), "clients", identity.name(), [&](const trellis::Resource& client) {
        const trellis::Config properties = client.properties();
        subject.disabled = properties.text("state") == "Disabled";
        if (own) return;
        subject.name = client.key();
        subject.origin = "those of the registered client " + std::string(client.name());
        subject.attributes =
            rights::attributes_of(trellis::json::parse(properties.object("attributes").json()).value());
      });
  return subject;
}

trellis::Result<void> TopicSpaces::admit(const trellis::AccessRequest& client, const trellis::Shard& shard,
                                         trellis::ClientLimits& limits) {
  auto& state = shard.state<ShardState>();
  follow(state);
  const auto space = state.spaces.find(client.name_space());
  if (space == state.spaces.end()) return trellis::ok();
  const Member* const who = member(space->second, client);
  if (who->disabled) return trellis::fail("the client is disabled", trellis::Status::not_authorized);
  const std::uint32_t size = limits.struct_size;
  limits = who->limits;
  limits.struct_size = size;
  return trellis::ok();
}

void TopicSpaces::explain(const trellis::AccessRequest& question, const trellis::Shard& shard,
                          const trellis::ExplainSink& tell) {
  auto& state = shard.state<ShardState>();
  follow(state);
  const auto space = state.spaces.find(question.name_space());
  if (space == state.spaces.end()) return tell("namespace", "this authorizer does not know it");
  space->second.snapshot->explain(subject_of(question), question.action(), question.topic(), tell);
}

}  // namespace topic_spaces
