#include "route.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "at_home.hpp"
#include "push/retry_schedule.hpp"
#include "topics_here.hpp"

namespace events_service {
namespace {

constexpr std::string_view kQueues =
    "\x01"
    "routes/";
constexpr std::uint32_t kMost = 256;  // of a batch
constexpr std::uint32_t kTurns = 16;  // batches that nobody wants, then it is others' turn
constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20U;
// The topic is in this process: it takes something again when somebody took something out of it, and not after hours.
constexpr std::chrono::milliseconds kLongestWait{30'000};

}  // namespace

void RouteMetrics::declare(const trellis::Host& host) {
  const auto outcome = [&](std::string_view word) {
    return host.counter("trellis_events_routed_total", "MQTT messages that a route took, and what became of them.",
                        "outcome=\"" + std::string(word) + "\"");
  };
  routed = outcome("routed");
  filtered = outcome("filtered");
  no_event = outcome("no_event");
  no_topic = outcome("no_topic");
  failed = outcome("retried");
  plain = host.counter("trellis_events_routed_plain_total",
                       "Events of routes without enrichments, because they would be none with them.");
}

std::string Route::queue_name(std::string_view name) { return std::string(kQueues) + small(name); }

std::string_view Route::name_in(std::string_view queue_name) noexcept {
  return queue_name.starts_with(kQueues) ? queue_name.substr(kQueues.size()) : std::string_view{};
}

Route::Route(TopicsHere& here, const trellis::QueueTables& tables, std::shared_ptr<const RouteView> view)
    : here_(here),
      tables_(tables),
      view_(std::move(view)),
      name_space_(here.shard().host().name_space(view_->name_space).name),
      queue_(tables, here.shard()),
      envelope_(here.plugin().settings().intake),
      most_(kMost) {}

trellis::Result<void> Route::open() {
  const Settings& settings = here_.plugin().settings();
  const std::string name = queue_name(view_->name);
  auto opened =
      queue_.open({.name_space = view_->name_space,
                   .name = name,
                   .messages = settings.queue_events,
                   .bytes = settings.queue_bytes,
                   .leases = kMost,
                   .lease_bytes = kMostBytes,
                   .overflow = settings.routes_refuse ? static_cast<std::uint32_t>(TRELLIS_OVERFLOW_REJECT)
                                                      : static_cast<std::uint32_t>(TRELLIS_OVERFLOW_DROP_NEWEST)},
                  *this);
  if (!opened) return opened;
  subscribe();
  pump();
  return opened;
}

// Its subscriptions come back after this, and before anybody follows.
std::pair<const trellis_receiver*, void*> Route::take(trellis_subscriber* restored) {
  restored_ = true;
  return queue_.take(restored, kMost, *this);
}

void Route::follow(std::shared_ptr<const RouteView> view) {
  if (view_ == view && !std::exchange(restored_, false)) return;
  view_ = std::move(view);
  if (!queue_.is_open()) return;
  subscribe();
  begin_anew();
}

void Route::begin_anew() {
  again_.cancel();
  failures_ = 0;
  most_ = kMost;
  pump();
}

void Route::end() {
  again_.cancel();
  queue_.close();
}

// What it subscribes to is kept with it, as its memo, so that it can be told what not any more.
void Route::subscribe() {
  const std::vector<std::string>& wanted = view_->settings->topic_filters;
  const std::string before(queue_.memo());
  for (std::string_view left = before; !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view filter = left.substr(0, end);
    if (std::ranges::find(wanted, filter) == wanted.end())
      tables_.subscribers->unsubscribe(queue_.handle(), trellis::view(filter), trellis::view(""));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  std::string memo;
  for (const std::string& filter : wanted) {
    trellis_subscription subscription{};
    subscription.struct_size = sizeof subscription;
    subscription.filter = trellis::view(filter);
    subscription.qos = 1;
    subscription.flags = TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED;
    tables_.subscribers->subscribe(queue_.handle(), &subscription);
    memo.append(filter).append("\n");
  }
  if (memo != before) queue_.set_memo(memo);
}

void Route::on_lost(bool taken) noexcept {
  stopped_ = !taken;
  leases_.clear();
  again_.cancel();
}

std::string Route::attribute_of(std::string_view publisher, std::string_view name) const {
  std::string out;
  const auto read = [&](const trellis::Resource& client) {
    const auto attributes = client.properties().find("attributes");
    const auto found = attributes ? attributes->find(name) : std::nullopt;
    if (found) out = found->json();
  };
  trellis::with_resource_of_key(here_.shard().host(), name_space_, "clients", publisher, read);
  return out;
}

// One batch is under way at a time; the next one is as large as what came meanwhile.
void Route::pump() {
  for (std::uint32_t turns = 0; !busy_ && !draining_ && !again_.waiting() && queue_.is_open(); ++turns) {
    if (turns == kTurns) {
      again_ = here_.shard().after(std::chrono::milliseconds(0), [this] { pump(); });
      return;
    }
    if (!begin_batch()) return;
  }
}

// False where nothing waits.
bool Route::begin_batch() {
  std::array<trellis_delivery, kMost> deliveries;
  const std::uint32_t leased = queue_.lease({deliveries.data(), most_});
  if (leased == 0) return false;
  batch_.clear();
  events_.clear();
  events_.reserve(leased);
  leases_.clear();
  for (std::uint32_t i = 0; i < leased; ++i) leases_.push_back(deliveries[i].lease);
  std::array<bool, kMost> passes;
  if (!choose({deliveries.data(), leased}, {passes.data(), leased})) {
    failed();
    return true;
  }
  auto topic = here_.directory().find(view_->name_space, view_->settings->topic);
  for (std::uint32_t i = 0; i < leased && topic != nullptr; ++i) {
    if (passes[i]) convert(deliveries[i], *topic);
  }
  if (topic != nullptr && !batch_.choose(here_.shard(), *topic)) {
    failed();
    return true;
  }
  if (topic == nullptr) here_.plugin().route_metrics().no_topic.add(here_.shard(), leased);
  if (topic == nullptr || batch_.events.empty()) {
    settle_all(TRELLIS_SETTLE_ACCEPT);
    return true;
  }
  busy_ = true;
  const std::uint32_t shard = here_.shard().index();
  const auto done = [&plugin = here_.plugin(), shard, this, alive = std::weak_ptr(alive_)](bool kept) {
    plugin.host().post(shard, [this, alive, kept] {
      if (!alive.expired()) over(kept);
    });
  };
  auto owned = std::make_unique<OwnedBatch>(batch_);
  const TopicView& at = *topic;
  here_.at_home(at, [topic = std::move(topic), owned = std::move(owned), done](TopicsHere& there) mutable {
    there.refresh();
    there.route(*topic, owned->get(), done);
  });
  return true;
}

// False where the predicate cannot say.
bool Route::choose(std::span<const trellis_delivery> deliveries, std::span<bool> passes) {
  std::ranges::fill(passes, true);
  if (view_->settings->predicate == nullptr) return true;
  std::array<const trellis_message*, kMost> messages;
  for (std::size_t i = 0; i < deliveries.size(); ++i) messages[i] = deliveries[i].message;
  if (!view_->settings->predicate->judge(here_.shard(), {messages.data(), deliveries.size()}, passes)) return false;
  const auto filtered = std::ranges::count(passes, false);
  if (filtered > 0) here_.plugin().route_metrics().filtered.add(here_.shard(), filtered);
  return true;
}

void Route::convert(const trellis_delivery& delivery, const TopicView& topic) {
  const RouteMetrics& metrics = here_.plugin().route_metrics();
  const trellis_message& message = *delivery.message;
  // What the broker says itself, events as MQTT messages among it, would come round and round; but not what it tells of
  // itself, below '$'.
  if (message.publisher.size == 0 && !trellis::text(message.topic).starts_with('$'))
    return metrics.filtered.add(here_.shard());
  const EnrichmentFacts facts{message, name_space_, [&](std::string_view name) {
                                return attribute_of(trellis::text(message.publisher_identity), name);
                              }};
  const events::Event* const event = envelope_.wrap(facts, view_->settings->enrichments);
  if (event == nullptr) {
    log(lost_logged_, trellis::Level::error, "no event can be made of a message, which is lost to the route",
        trellis::text(message.topic), envelope_.problem());
    return metrics.no_event.add(here_.shard());
  }
  if (!envelope_.problem().empty()) {
    log(plain_logged_, trellis::Level::warn, "an event goes without its enrichments", trellis::text(message.topic),
        envelope_.problem());
    metrics.plain.add(here_.shard());
  }
  if (!view_->settings->filter->passes(event->view())) return metrics.filtered.add(here_.shard());
  batch_.add(event->json, event->view(), topic.filters());
  events_.emplace_back(event->json);
  batch_.events.back() = events_.back();
}

void Route::over(bool kept) {
  busy_ = false;
  if (!queue_.is_open()) return;
  const RouteMetrics& metrics = here_.plugin().route_metrics();
  if (kept) {
    failures_ = 0;
    most_ = std::min(kMost, most_ * 2);
    metrics.routed.add(here_.shard(), static_cast<std::int64_t>(batch_.events.size()));
    settle_all(TRELLIS_SETTLE_ACCEPT);
    return pump();
  }
  failed();
  pump();
}

// Where there is no room for so many there may be for fewer, at once; a single one waits.
void Route::failed() {
  here_.plugin().route_metrics().failed.add(here_.shard(), static_cast<std::int64_t>(leases_.size()));
  settle_all(TRELLIS_SETTLE_RELEASE);
  if (most_ > 1) {
    most_ /= 2;
    return;
  }
  tell_of_overflow();
  again_ = here_.shard().after(std::min(wait_after(Tier::basic, ++failures_), kLongestWait), [this] { pump(); });
}

// The kernel counts what it drops.
void Route::tell_of_overflow() {
  const trellis_subscriber_stats stats = queue_.stats();
  const Settings& settings = here_.plugin().settings();
  if (stats.queued < settings.queue_events && stats.queued_bytes < settings.queue_bytes) return;
  log(full_logged_, trellis::Level::error,
      settings.routes_refuse ? "the queue of a route is full: publishers are refused"
                             : "the queue of a route is full: messages that come are lost to it",
      view_->settings->topic, "the topic takes nothing");
}

void Route::log(Seldom& seldom, trellis::Level level, std::string_view sentence, std::string_view topic,
                std::string_view reason) const {
  std::uint64_t unsaid = 0;
  if (!seldom.now(here_.shard().now().count(), unsaid)) return;
  here_.shard().host().log(
      level, sentence, {{"route", view_->name}, {"topic", topic}, {"reason", reason}, {"others_not_logged", unsaid}});
}

void Route::settle_all(std::uint32_t outcome) {
  for (const std::uint64_t lease : std::exchange(leases_, {})) queue_.settle(lease, outcome);
}

}  // namespace events_service
