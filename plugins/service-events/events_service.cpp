#include "events_service.hpp"

#include <trellis/abi/subscriber.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "dead_letters/letter_blobs.hpp"
#include "dead_letters/letter_tree.hpp"
#include "sink/event_sink.hpp"

namespace events_service {

trellis::Result<void> Events::configure(const trellis::Config& config) {
  settings_ = Settings::read(config);
  auto accounts = azure_storage::read_accounts(config.object("dead_letters").list("accounts"));
  if (!accounts) return accounts.error();
  settings_.letter_accounts = std::move(accounts).value();
  auto declared = declare_resources(*this, TopicSettings::type(settings_));
  if (declared) declared = declare_resources(*this, SubscriptionSettings::type(settings_));
  if (declared) declared = declare_resources(*this, RouteSettings::type(settings_));
  auto access = Access::make(config.object("access"), host());
  if (!access) return access.error();
  access_ = std::move(access).value();
  for (const trellis::ResourceTypeRules& type : Access::resource_types()) {
    if (declared) declared = declare_resources(*this, type);
  }
  return declared;
}

trellis::Result<void> Events::start() {
  metrics_.declare(host());
  push_metrics_.declare(host());
  route_metrics_.declare(host());
  settings_.filters.errors = std::make_shared<const cesql::ErrorCounters>(
      cesql::error_counters(host(), "trellis_events_filter_errors_total",
                            "Expressions of subscriptions that ended with an error on an event, which is no match."));
  // A token of another process means nothing here.
  std::random_device random;
  token_key_.clear();
  for (int i = 0; i < 8; ++i) {
    const std::uint32_t word = random();
    token_key_.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  here_ = std::vector<std::atomic<TopicsHere*>>(host().shard_count());
  if (!consents_.start(host(), settings_.push_callback)) return trellis::fail("the system has no random numbers");
  directory_.start(host(), settings_);
  access_->start();
  start_letters();
  return trellis::ok();
}

void Events::start_letters() {
  LetterFiles::Options options{.letters = settings_.waiting_letters, .bytes = settings_.waiting_letter_bytes};
  // It may be there later: a disk that is not mounted yet is no reason not to start.
  std::error_code none;
  if (settings_.own_letter_folder && !std::filesystem::is_directory(settings_.dead_letter_path, none)) {
    host().log(trellis::Level::warn, "the folder for dead letters is not there: none can be kept until it is",
               {{"setting", "dead_letters.path"}, {"path", settings_.dead_letter_path}});
  }
  const auto root = settings_.own_letter_folder ? LetterTree::Root::is_there : LetterTree::Root::is_made;
  letter_files_ = std::make_unique<LetterFiles>(
      host(), std::make_unique<LetterTree>(settings_.dead_letter_path, root, settings_.letter_folder_bytes), options);
  letter_files_->start();
  if (settings_.letter_accounts.empty()) return;
  storage_metrics_ = trellis::http::ClientMetrics::declare(host(), R"(service="dead_letters")");
  options.interrupt = [this] { blob_requests_.stop(); };
  blob_requests_.start();
  letter_blobs_ = std::make_unique<LetterFiles>(
      host(),
      std::make_unique<LetterBlobs>(
          settings_.letter_accounts,
          [this](const azure_storage::Account& account, azure_storage::Call call, std::size_t most_bytes) {
            return blob_requests_.ask(account, std::move(call), most_bytes);
          }),
      options);
  letter_blobs_->start();
}

void Events::stop() {
  directory_.forget();
  if (letter_files_ != nullptr) letter_files_->stop();
  if (letter_blobs_ != nullptr) letter_blobs_->stop();
}

void Events::enter(std::uint32_t shard, TopicsHere* here) noexcept { here_[shard] = here; }

TopicsHere* Events::on_shard(std::uint32_t shard) const noexcept { return here_[shard]; }

bool Events::settle_home(const TopicView& topic, std::uint32_t shard) {
  const std::lock_guard lock(homes_mutex_);
  if (!settled_homes_.insert(topic.home.get()).second) return false;
  topic.home->shard = shard;
  return true;
}

void Events::drain(std::chrono::milliseconds) {
  for (std::uint32_t i = 0; i < here_.size(); ++i) {
    host().post(i, [this, i] {
      if (TopicsHere* const here = on_shard(i)) here->drain();
    });
  }
}

const void* Events::table(std::string_view id) {
  static constexpr trellis_restorer kRestorer{
      sizeof(trellis_restorer),
      [](void* shard, trellis_subscriber* subscriber, const trellis_kept_subscriber* kept,
         const trellis_receiver** receiver, void** user) -> trellis_status {
        try {
          return trellis::glue::shard(shard).state<ShardState>().restore(subscriber, *kept, receiver, user);
        } catch (const std::exception&) {
          return TRELLIS_INTERNAL;
        }
      }};
  if (id == trellis::kTableId<trellis_streams>) return &StreamsHere::table();
  if (id == trellis::kTableId<common::EventSink>) return &event_sink();
  if (id == trellis::kTableId<common::ConsentDesk>) return &consent_desk();
  if (id == trellis::kTableId<common::ProvisioningStates>) return &provisioning_states();
  return id == trellis::kTableId<trellis_restorer> ? &kRestorer : WithLenders::table(id);
}

void Events::on_request(const trellis::Request& request, trellis::Reply reply) {
  request.shard().state<ShardState>().on_request(request, std::move(reply));
}

// The loop's own time stands still within one turn, in which most requests are answered.
std::int64_t Events::now_us() const {
  if (clock_) return clock_();
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

void Events::answered(std::uint32_t shard, const Answered& answered) noexcept {
  if (TopicsHere* const here = on_shard(shard)) here->answered(answered);
}

trellis::Result<void> Events::check_resource(const trellis::ResourceChange& change) {
  if (!change.after) return trellis::ok();
  if (change.after->type() == "topics") {
    const auto read = TopicSettings::read(change.after->properties());
    return read ? trellis::ok() : trellis::Result<void>(read.error());
  }
  if (change.after->type() == "routes") {
    const auto read = RouteSettings::read(change.after->properties(), settings_);
    if (!read) return read.error();
    return read->predicate == nullptr ? trellis::ok() : read->predicate->check(host());
  }
  if (change.after->type() == "namespaces") {
    const auto read = RouteSettings::read_namespace(*change.after);
    if (!read) return read.error();
  }
  if (change.after->type() != "eventSubscriptions") return Access::check_resource(change);
  const auto read = SubscriptionSettings::read(change.after->properties(), settings_);
  if (!read) return read.error();
  const bool same_time = change.before && change.before->properties().text("expirationTimeUtc", "") ==
                                              change.after->properties().text("expirationTimeUtc", "");
  const bool over = read->expires.count() != 0 && read->expires <= std::chrono::system_clock::now().time_since_epoch();
  if (over && !same_time && !change.after->from_files())
    return trellis::fail("/expirationTimeUtc: expected a time to come, found " +
                         change.after->properties().text("expirationTimeUtc"));
  if (read->predicate != nullptr) {
    if (auto chosen = read->predicate->check(host()); !chosen) return chosen;
  }
  if (auto pushed = check_push(*change.after, read.value()); !pushed) return pushed;
  return check_letters(*change.after, read.value());
}

void Events::look_for_handlers() {
  std::set<std::string> names;
  for (const auto& [key, topic] : directory_.current()->topics) {
    for (const SubscriptionEntry& one : topic->subscriptions) {
      if (one.settings->push) names.insert(one.settings->push->handler);
    }
  }
  handlers_.look_for(host(), names);
}

// What it would let pass waits: MQTT messages with their route, and publishers of events have to come again.
void Events::look_for_predicates() {
  const auto look = [&](Predicate* predicate, std::string_view word, std::string_view name) {
    if (predicate == nullptr) return;
    if (const auto found = predicate->look(host()); !found)
      host().log(trellis::Level::error, "nothing goes on where a predicate does not run or refuses its filter",
                 {{word, name}, {"predicate", predicate->plugin()}, {"why", found.error().text}});
  };
  const auto directory = directory_.current();
  for (const auto& [key, route] : directory->routes) look(route->settings->predicate.get(), "route", route->name);
  for (const auto& [key, topic] : directory->topics) {
    for (const SubscriptionEntry& one : topic->subscriptions)
      look(one.settings->predicate.get(), "subscription", topic->name + "/" + one.name);
  }
}

void Events::lenders_changed() {
  look_for_handlers();
  look_for_predicates();
  for (std::uint32_t i = 0; i < here_.size(); ++i) {
    host().post(i, [this, i] {
      if (TopicsHere* const here = on_shard(i)) here->lenders_changed();
    });
  }
}

// The handler says whether the destination is one.
trellis::Result<void> Events::check_push(const trellis::Resource& subscription,
                                         const SubscriptionSettings& settings) const {
  if (!settings.push) return trellis::ok();
  const std::string place = "/deliveryConfiguration/push/destination";
  // It may be one that is about to run, and never does.
  const auto handler = trellis::borrow<trellis_handler>(host(), settings.push->handler);
  if (!handler)
    return trellis::fail(place + "/endpointType: " + trellis::json::quote(settings.push->endpoint_type) +
                         " needs the plugin '" + settings.push->handler +
                         "', which is not in the configuration or no handler; add it to its \"plugins\"");
  const auto [topic, name] = split_name(subscription.name());
  const auto opened =
      OpenedDestination::open(*handler, settings.push->destination(subscription.name_space(), topic, name));
  return opened ? trellis::ok() : trellis::fail(place + ": " + opened.error().text);
}

// Dead letters are not to come back to where they began.
trellis::Result<void> Events::check_letters(const trellis::Resource& subscription,
                                            const SubscriptionSettings& settings) const {
  const auto& letters = settings.dead_letters;
  if (!letters || letters->kind != Destination::Kind::topic) return trellis::ok();
  const std::string_view topic = split_name(subscription.name()).first;
  const auto name_space = directory_.namespace_index(subscription.name_space());
  const bool own = same_name(topic, letters->topic);
  if (!own && (name_space < 0 ||
               !directory_.current()->letters_lead(static_cast<std::uint32_t>(name_space), letters->topic, topic)))
    return trellis::ok();
  return trellis::fail(
      std::string("/deliveryConfiguration/") + (settings.push ? "push" : "queue") +
      "/deadLetterDestinationWithResourceIdentity/deadLetterDestination/properties/topicName: dead letters would come "
      "back to topic '" +
      std::string(topic) + "' they are of, " +
      (own ? "which is the destination" : "by the event subscriptions of topic '" + letters->topic + "'"));
}

void Events::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  directory_.changed(changes);
  look_for_handlers();
  access_->resources_changed(changes);
  for (std::uint32_t i = 0; i < here_.size(); ++i) {
    host().post(i, [this, i] {
      if (TopicsHere* const here = on_shard(i)) here->refresh();
    });
  }
}

}  // namespace events_service
