#include "handler.hpp"

#include <string>
#include <utility>

namespace namespace_topic {
namespace {

using common::Verdict;
using trellis::Cause;
using trellis::DeliveryBatch;
using trellis::Settlement;

class TopicDestination final : public trellis::Destination {
 public:
  TopicDestination(NamespaceTopicHandler& owner, Target target)
      : owner_(owner), target_(std::make_shared<const Target>(std::move(target))) {}
  void deliver(DeliveryBatch batch) override { owner_.forward(target_, batch); }

 private:
  NamespaceTopicHandler& owner_;
  const std::shared_ptr<const Target> target_;
};

/// Whose answer it is.
struct Ticket {
  std::shared_ptr<Forwarded> forwarded;
  std::shared_ptr<const Target> target;
  std::uint64_t number = 0;
};

void answered(void* user, const std::uint32_t* outcomes, std::uint32_t count) {
  const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(user));
  ticket->forwarded->answer(ticket->number, *ticket->target, outcomes, count);
}

Verdict judge(std::uint32_t outcome, const std::string& where) {
  switch (outcome) {
    case common::kSinkKept:
      return Verdict::delivered();
    case common::kSinkNoTopic:
      return Verdict::retry(Cause::not_found, where + " does not exist");
    case common::kSinkFull:
      return Verdict::retry(Cause::full, where + ": a subscription of it is full, or the store takes nothing");
    case common::kSinkFailed:
      return Verdict::retry(Cause::other, where + ": the store failed");
    case common::kSinkLooped:
      return Verdict::refused(Cause::bad_request, where + ": the event came by as many topics as it may");
    case common::kSinkInvalid:
      return Verdict::refused(Cause::bad_request, where + ": the message is no event");
    default:
      return Verdict::stopped("the broker stops");
  }
}

}  // namespace

std::optional<std::uint64_t> Forwarded::add(std::vector<Settlement>& events) {
  const std::lock_guard lock(mutex_);
  if (events_ > 0 && events_ + events.size() > most_) return std::nullopt;
  events_ += events.size();
  metrics_.under_way.add_any(static_cast<std::int64_t>(events.size()));
  calls_.emplace(++last_, std::move(events));
  return last_;
}

std::vector<Settlement> Forwarded::take(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(number);
  if (found == calls_.end()) return {};
  std::vector<Settlement> events = std::move(found->second);
  calls_.erase(found);
  events_ -= events.size();
  metrics_.under_way.add_any(-static_cast<std::int64_t>(events.size()));
  return events;
}

// What is settled may lead back in here, so that nothing is locked meanwhile.
void Forwarded::answer(std::uint64_t number, const Target& target, const std::uint32_t* outcomes, std::uint32_t count) {
  std::vector<Settlement> events = take(number);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::uint32_t outcome = outcomes != nullptr && i < count ? outcomes[i] : common::kSinkFailed;
    const Verdict verdict = judge(outcome, target.name());
    if (outcome == common::kSinkLooped) metrics_.loops.add_any();
    metrics_.events.count_any(verdict);
    verdict.settle(events[i]);
  }
}

void Forwarded::stop() {
  std::vector<std::uint64_t> numbers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, events] : calls_) numbers.push_back(number);
  }
  // The topic may have them, so that it was an attempt.
  const Verdict verdict = Verdict::stopped().once_sent();
  for (const std::uint64_t number : numbers) {
    for (Settlement& one : take(number)) {
      metrics_.events.count_any(verdict);
      verdict.settle(one);
    }
  }
}

trellis::Result<void> NamespaceTopicHandler::configure(const trellis::Config& config) {
  settings_ = read_settings(config);
  return trellis::ok();
}

trellis::Result<void> NamespaceTopicHandler::start() {
  metrics_.events = common::DeliveryMetrics::declare(host(), "trellis_handler_namespace_topic");
  metrics_.loops = host().counter("trellis_handler_namespace_topic_loops_total",
                                  "Events refused because they came by as many topics as they may.");
  metrics_.under_way = host().gauge("trellis_handler_namespace_topic_events", "Events on their way to other topics.");
  forwarded_ = std::make_shared<Forwarded>(metrics_, settings_.waiting);
  return trellis::ok();
}

void NamespaceTopicHandler::stop() {
  if (forwarded_ != nullptr) forwarded_->stop();
}

void NamespaceTopicHandler::lenders_changed() {
  auto found = trellis::borrow<common::EventSink>(host());
  const std::lock_guard lock(mutex_);
  sink_ = found;
}

std::optional<NamespaceTopicHandler::Sink> NamespaceTopicHandler::sink() {
  const std::lock_guard lock(mutex_);
  return sink_;
}

trellis::Result<std::unique_ptr<trellis::Destination>> NamespaceTopicHandler::open(const trellis::Config& destination) {
  auto target = read_target(destination, settings_);
  if (!target) return target.error();
  return std::make_unique<TopicDestination>(*this, std::move(*target));
}

void NamespaceTopicHandler::give_back(std::vector<Settlement>& events, const Verdict& verdict) {
  metrics_.events.count_any(verdict, static_cast<std::int64_t>(events.size()));
  for (Settlement& one : events) verdict.settle(one);
}

void NamespaceTopicHandler::forward(const std::shared_ptr<const Target>& target, const DeliveryBatch& batch) {
  std::vector<Settlement> settlements;
  std::vector<trellis_view> events;
  batch.each([&](trellis::Delivery& delivery) {
    events.push_back(trellis::view(delivery.message().payload()));
    settlements.push_back(std::move(static_cast<Settlement&>(delivery)));
  });
  const auto sink = this->sink();
  void* const shard = sink ? sink->shard(batch.shard()) : nullptr;
  if (shard == nullptr) {
    return give_back(settlements, Verdict::later(Cause::disabled, "no service-events runs", common::kUsualWait));
  }
  const auto number = forwarded_->add(settlements);
  if (!number) {
    return give_back(
        settlements,
        Verdict::later(Cause::busy, target->name() + ": as many events are under way as the setting waiting allows",
                       common::kRoomWait));
  }
  auto ticket = std::make_unique<Ticket>(Ticket{forwarded_, target, *number});
  const common::EventSinkRequest request{.struct_size = sizeof(common::EventSinkRequest),
                                         .hops = target->hops,
                                         .name_space = trellis::view(target->name_space),
                                         .topic = trellis::view(target->topic),
                                         .events = events.data(),
                                         .count = static_cast<std::uint32_t>(events.size()),
                                         .done = &answered,
                                         .user = ticket.release()};
  (*sink)->take(shard, &request);
}

}  // namespace namespace_topic
