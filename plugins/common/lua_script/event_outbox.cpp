#include "event_outbox.hpp"

#include <atomic>
#include <cstdio>
#include <random>
#include <utility>

#include "common/events/intake.hpp"
#include "common/stamp/utc_time.hpp"

namespace lua {
namespace {

// Topics an event may have come by: it comes back here by routes and subscriptions alone, which count as well.
constexpr std::uint32_t kMostHops = 16;

std::string_view reason(std::uint32_t outcome) noexcept {
  switch (outcome) {
    case common::kSinkNoTopic:
      return "there is no such topic";
    case common::kSinkFull:
      return "a subscription of the topic is full, or the store takes nothing";
    case common::kSinkFailed:
      return "the store failed";
    case common::kSinkLooped:
      return "it came by as many topics as it may";
    case common::kSinkInvalid:
      return "it is no event";
    default:
      return "no service-events runs";
  }
}

std::string make_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random()),
                static_cast<unsigned long long>(random()));
  return text;
}

}  // namespace

/// Outlives the instance where an answer comes late.
class EventOutbox::Results {
 public:
  Results(const trellis::Host& host, std::string script, const std::string& labels)
      : host_(host), script_(std::move(script)) {
    const auto counter = [&](const char* result) {
      return host.counter("trellis_lua_published_events_total", "Events of publish_event().",
                          labels + ",result=\"" + result + "\"");
    };
    sent_ = counter("sent");
    refused_ = counter("refused");
  }

  /// [any]
  void add(const std::string& topic, std::uint32_t outcome) noexcept {
    if (outcome == common::kSinkKept) return sent_.add_any();
    refused_.add_any();
    const std::int64_t second =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    if (logged_.exchange(second) == second) return;
    host_.log(trellis::Level::warn, "an event of a script is lost",
              {{"script", script_}, {"topic", topic}, {"reason", reason(outcome)}});
  }

 private:
  const trellis::Host host_;
  const std::string script_;
  trellis::Metric sent_;
  trellis::Metric refused_;
  std::atomic<std::int64_t> logged_{0};  // the last second with a line
};

/// Whose answer it is.
struct EventOutbox::Ticket {
  std::shared_ptr<Results> results;
  std::string topic;

  static void answered(void* user, const std::uint32_t* outcomes, std::uint32_t count) {
    const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(user));
    ticket->results->add(ticket->topic, outcomes != nullptr && count > 0 ? outcomes[0] : common::kSinkFailed);
  }
};

void EventOutbox::start(const trellis::Host& host, const std::string& script, const std::string& labels) {
  results_ = std::make_shared<Results>(host, script, labels);
}

void EventOutbox::lenders_changed(const trellis::Host& host) {
  auto found = trellis::borrow<common::EventSink>(host);
  const std::lock_guard lock(mutex_);
  sink_ = found;
}

void EventOutbox::send(const trellis::Shard& shard, const OwnedMessage& message) noexcept {
  std::optional<trellis::Borrowed<common::EventSink>> sink;
  {
    const std::lock_guard lock(mutex_);
    sink = sink_;
  }
  void* const taker = sink ? sink->shard(shard) : nullptr;
  if (taker == nullptr) return results_->add(message.event_topic, common::kSinkStopped);
  const trellis_view event = trellis::view(message.payload);
  auto ticket = std::make_unique<Ticket>(Ticket{results_, message.event_topic});
  const common::EventSinkRequest request{.struct_size = sizeof(common::EventSinkRequest),
                                         .hops = kMostHops,
                                         .name_space = trellis::view(message.name_space),
                                         .topic = trellis::view(message.event_topic),
                                         .events = &event,
                                         .count = 1,
                                         .done = &Ticket::answered,
                                         .user = ticket.release()};
  (*sink)->take(taker, &request);
}

std::string complete_event(std::string json, std::int64_t wall_ms, std::string& why) {
  const auto given = trellis::json::parse(json);
  if (!given || given->type != trellis::json::Type::object) {
    why = "an event is a table with texts as keys";
    return {};
  }
  std::string missing;
  const auto add = [&](const char* name, const std::string& value) {
    if (given->find(name) == nullptr)
      missing.append(missing.empty() ? "\"" : ",\"").append(name).append("\":\"").append(value).append("\"");
  };
  add("specversion", "1.0");
  add("id", make_id());
  add("time", common::write_utc(wall_ms));
  if (!missing.empty()) json.insert(1, given->keys.empty() ? missing : missing + ',');
  events::Intake intake;
  if (const events::Problem* const problem = intake.read_one(json)) {
    why = problem->message;
    return {};
  }
  return json;
}

}  // namespace lua
