/// Subscriptions to queues: their streams opened, closed, and opened again.
#include <algorithm>
#include <trellis/view.hpp>

#include "client.hpp"

namespace trellis::mqtt {
namespace {

// A queue that is not there may come back, and an instance of its plugin gives way to the next.
constexpr std::uint64_t kOpenAgainMs = 2000;
// For so long an authorizer's word about a subscription holds for what comes by it.
constexpr std::uint64_t kJudgedMs = 1000;

const trellis_stream_user& stream_user() noexcept {
  static constexpr trellis_stream_user table{
      sizeof(trellis_stream_user), 0,
      [](void* user, const trellis_stream_item* items, std::uint32_t count) -> std::uint32_t {
        auto& from = *static_cast<QueueStream*>(user);
        return from.client.on_events(from, items, count);
      },
      [](void* user, trellis_view reason) {
        auto& over = *static_cast<QueueStream*>(user);
        over.client.on_stream_ended(over, text(reason));
      }};
  return table;
}

// Why a stream was not opened, as SUBACK says it.
Reason reason_of(trellis_status status, std::string_view& why) noexcept {
  switch (status) {
    case TRELLIS_INVALID:
      why = "this is no name of a queue";
      return Reason::topic_filter_invalid;
    case TRELLIS_QUOTA:
      why = "as many clients take from the queue as may";
      return Reason::quota_exceeded;
    case TRELLIS_NO_MATCH:
      why = "there is no such queue";
      return Reason::implementation_specific;
    case TRELLIS_UNSUPPORTED:
      why = "nobody takes from that queue by himself";
      return Reason::implementation_specific;
    default:
      why = "the queue cannot be opened at the time";
      return Reason::unspecified;
  }
}

}  // namespace

Reason Client::check_queue(const SubscribeFilter& filter, const SharedFilter& shared, std::string_view& why) const {
  if (shared.shared) {
    why = "clients of a queue share its messages anyway: subscribe without $share";
    return Reason::shared_not_supported;
  }
  if (has_wildcard(filter.filter)) {
    why = "a queue is subscribed to by its name, without wildcards";
    return Reason::topic_filter_invalid;
  }
  if (filter.qos == 0 || limits().maximum_qos == 0) {
    why = "messages of a queue are settled by PUBACK: subscribe at QoS 1";
    return Reason::implementation_specific;
  }
  return check_filter(filter, shared);
}

Reason Client::subscribe_queue(const SubscribeFilter& filter, const SharedFilter& shared, std::uint32_t identifier,
                               std::string_view& why) {
  if (const Reason refused = check_queue(filter, shared, why); refused != Reason::success) return refused;
  trellis_subscription subscription{};
  subscription.struct_size = sizeof subscription;
  subscription.filter = view(filter.filter);
  subscription.qos = 1;
  subscription.identifier = identifier;
  const trellis_subscription_limits most{sizeof most, 0, 0, 0, limits().namespace_subscriptions};
  subscription.limits = &most;
  QueueStream* const before = queues() == nullptr ? nullptr : queues()->find(filter.filter);
  if (const Reason added = add_subscription(subscription); failed(added)) return added;
  if (before != nullptr) {
    before->identifier = identifier;
    keep_session();
    return static_cast<Reason>(subscription.qos);
  }
  begin_queues();
  const Reason opened = add_queue(filter.filter, identifier, why);
  if (failed(opened)) {
    shard_.subscribers().unsubscribe(subscriber_, subscription.filter, {});
    end_queues();
    return opened;
  }
  keep_session();
  return static_cast<Reason>(subscription.qos);
}

Reason Client::add_queue(std::string_view filter, std::uint32_t identifier, std::string_view& why) {
  Queues& all = *queues();
  if (all.all.size() >= std::min(limits().queue_subscriptions, all.share())) {
    why = "the client takes from as many queues as it may";
    return Reason::quota_exceeded;
  }
  QueueStream& made = all.add(*this, filter, identifier);
  made.judged_ms = shard_.now_ms();
  const trellis_status status = open_stream(made);
  if (status == TRELLIS_OK) return Reason::success;
  all.all.pop_back();
  return reason_of(status, why);
}

trellis_status Client::open_stream(QueueStream& one) {
  const auto* const lender = shard_.common().streams.load(std::memory_order_acquire);
  void* const there = lender == nullptr ? nullptr : lender->shard(shard_.handle());
  if (there == nullptr) return TRELLIS_NO_MATCH;
  trellis_stream* stream = nullptr;
  const std::uint32_t flags = v5() ? std::uint32_t{TRELLIS_STREAM_ATTRIBUTES} : 0U;
  const trellis_status status =
      (*lender)->open(there, name_space_, view(one.queue()), flags, queues()->share(), &stream_user(), &one, &stream);
  if (status != TRELLIS_OK) return status;
  one.table = lender->operator->();
  one.stream = stream;
  one.opened_ms = shard_.now_ms();
  one.stopped = one.behind = false;
  return status;
}

// Other messages are judged one by one where they are delivered.
bool Client::may_still_take(QueueStream& one) {
  if (shard_.now_ms() - one.judged_ms < kJudgedMs) return true;
  return subscribe_again(one) == TRELLIS_EXISTED;
}

// Nothing changes but that authorizers are asked; what the session does not have it does not get by that.
trellis_status Client::subscribe_again(QueueStream& one) {
  trellis_subscription subscription{};
  subscription.struct_size = sizeof subscription;
  subscription.filter = view(one.filter);
  subscription.qos = 1;
  subscription.identifier = one.identifier;
  const trellis_status status = shard_.subscribers().subscribe(subscriber_, &subscription);
  if (status == TRELLIS_OK) shard_.subscribers().unsubscribe(subscriber_, subscription.filter, {});
  if (status == TRELLIS_EXISTED) one.judged_ms = shard_.now_ms();
  return status;
}

// What is out of it may be settled by somebody else from now on.
void Client::close_stream(QueueStream& one) {
  if (one.stream != nullptr) one.table->close(std::exchange(one.stream, nullptr));
  one.out = 0;
  queues()->ids.disown(one.number);
}

void Client::unsubscribe_queue(std::string_view filter) {
  QueueStream* const one = queues() == nullptr ? nullptr : queues()->find(filter);
  if (one == nullptr) return;
  close_stream(*one);
  std::erase_if(queues()->all, [one](const auto& held) { return held.get() == one; });
  end_queues();
  keep_session();
}

// Ordinary messages get what is left of the Receive Maximum.
void Client::begin_queues() {
  if (queues() == nullptr) extras().queues = std::make_unique<Queues>();
  Queues& all = *queues();
  if (all.receive_maximum != 0) return;
  trellis_subscriber_stats stats{};
  stats.struct_size = sizeof stats;
  shard_.subscribers().stats(subscriber_, &stats);
  all.receive_maximum = stats.window;
  const std::uint32_t left = std::min<std::uint32_t>(all.receive_maximum - all.share(), kOrdinaryIds);
  if (!all.alternates()) shard_.subscribers().attach(subscriber_, connection_, left);
}

// Once nothing is left of them ordinary messages have it all again.
void Client::end_queues() {
  if (queues() == nullptr || !queues()->all.empty() || queues()->ids.used() > 0) return;
  shard_.subscribers().attach(subscriber_, connection_, queues()->receive_maximum);
  cancel_queue_timers();
  extras_->queues.reset();
}

void Client::cancel_queue_timers() noexcept {
  for (trellis_token* timer : {&queues()->timer, &queues()->wake_timer}) {
    if (*timer != 0) shard_.common().loop->cancel_timer(shard_.handle(), std::exchange(*timer, 0));
  }
}

// The connection goes. What the session subscribed to stays in mind for the next.
void Client::leave_queues() noexcept {
  if (queues() == nullptr) return;
  cancel_queue_timers();
  for (const auto& one : queues()->all) close_stream(*one);
  queues()->ids = {};
  queues()->receive_maximum = 0;
}

void Client::take_queues(const KeptSession& session) {
  if (session.queues.empty()) return;
  if (queues() == nullptr) extras().queues = std::make_unique<Queues>();
  for (const KeptSession::Queue& queue : session.queues) queues()->add(*this, queue.filter, queue.identifier);
}

// Of a session that its client came back to. The kernel knows whether it still has the right to each of them.
void Client::resume_queues() {
  if (queues() == nullptr) return;
  begin_queues();
  std::vector<std::unique_ptr<QueueStream>> kept = std::exchange(queues()->all, {});
  const std::size_t before = kept.size();
  for (auto& one : kept) {
    if (subscribe_again(*one) != TRELLIS_EXISTED || queues()->all.size() >= queues()->share()) {
      shard_.subscribers().unsubscribe(subscriber_, view(one->filter), {});
      continue;
    }
    queues()->all.push_back(std::move(one));
    if (open_stream(*queues()->all.back()) != TRELLIS_OK) open_again_in(kOpenAgainMs);
  }
  const bool lost = queues()->all.size() < before;
  end_queues();
  if (lost) keep_session();
}

// It has not the right any more. The session keeps the subscription, and the stream is back with the right.
void Client::suspend_stream(QueueStream& one) {
  close_stream(one);
  open_again_in(kOpenAgainMs);
}

void Client::on_stream_ended(QueueStream& over, std::string_view reason) noexcept {
  over.stream = nullptr;
  close_stream(over);
  if (state_ != State::connected) return;
  if (shard_.common().host.logs(Level::debug)) {
    shard_.common().host.log(
        Level::debug, "a client's stream is over",
        {{"queue", over.queue()}, {"reason", reason}, {"connection", shard_.info(connection_).id}});
  }
  // One that ends as soon as it is opened is not opened over and over.
  open_again_in(shard_.now_ms() - over.opened_ms < kOpenAgainMs ? kOpenAgainMs : 0);
}

void Client::open_again_in(std::uint64_t delay_ms) {
  if (queues()->timer != 0) return;
  queues()->timer = shard_.common().loop->start_timer(
      shard_.handle(), delay_ms,
      [](void* user) {
        auto& client = *static_cast<Client*>(user);
        client.queues()->timer = 0;
        client.open_again();
      },
      this);
}

void Client::open_again() {
  if (state_ != State::connected) return;
  bool all = true;
  for (const auto& one : queues()->all) {
    const bool open = one->stream != nullptr || (may_still_take(*one) && open_stream(*one) == TRELLIS_OK);
    all = all && open;
  }
  if (!all) open_again_in(kOpenAgainMs);
}

}  // namespace trellis::mqtt
