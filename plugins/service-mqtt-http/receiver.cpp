#include "receiver.hpp"

#include <exception>
#include <random>
#include <utility>

#include "here.hpp"

namespace mqtt_http {

std::string random_text() {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::random_device random;
  std::string text;
  for (int i = 0; i < 4; ++i) {
    std::uint32_t word = random();
    for (int digit = 0; digit < 8; ++digit, word >>= 4U) text += kHex[word & 15U];
  }
  return text;
}

Problem subscribe_problem(trellis_status status, std::string_view filter) {
  switch (status) {
    case TRELLIS_NOT_AUTHORIZED:
      return {403, "the client may not subscribe to " + in_quotes(filter), "topicFilter"};
    case TRELLIS_INVALID:
      return bad_request(in_quotes(filter) + " is no topic filter", "topicFilter");
    case TRELLIS_QUOTA:
      return {429, "the client has as many subscriptions as it may", {}};
    default:
      return {503, "the broker takes no subscription at the time", {}};
  }
}

// What waits for the receiver is only what comes while it is held: everything else is passed on at once, whatever the
// state of its client's connection.
trellis_status Receiver::open(const Call& call, const Caller& caller, bool counts) {
  const std::string name = "http-" + random_text();
  const Settings& settings = here_.settings();
  trellis_subscriber_options options{};
  options.struct_size = sizeof options;
  options.name_space = call.name_space();
  options.name = trellis::view(name);
  options.limits = {sizeof(trellis_queue_limits), TRELLIS_OVERFLOW_DROP_NEWEST, 1000, settings.stream_bytes, 0, 0};
  options.connection = caller.connection;
  options.subscribers_of_name = counts ? caller.limits.sessions : 0;
  const trellis_host_subscriber& subscribers = *here_.tables().subscriber;
  const trellis_status status = subscribers.open(here_.shard().handle(), &options, &table(), this, &subscriber_);
  if (status != TRELLIS_OK) {
    subscriber_ = nullptr;
    return status;
  }
  // It takes the identity of the connection, which goes on with other clients, and does not wait for its output.
  subscribers.attach(subscriber_, caller.connection, 0);
  subscribers.detach(subscriber_, UINT64_MAX);
  subscribers.attach(subscriber_, nullptr, 0);
  return TRELLIS_OK;
}

trellis_status Receiver::subscribe(std::string_view filter, std::uint32_t qos, std::uint32_t flags) {
  if (subscriber_ == nullptr) return TRELLIS_UNAVAILABLE;
  trellis_subscription subscription{};
  subscription.struct_size = sizeof subscription;
  subscription.flags = flags;
  subscription.filter = trellis::view(filter);
  subscription.qos = qos;
  const trellis_status status = here_.tables().subscriber->subscribe(subscriber_, &subscription);
  if (status == TRELLIS_OK) ++subscriptions_;
  return status == TRELLIS_EXISTED ? TRELLIS_OK : status;
}

void Receiver::close() noexcept {
  if (subscriber_ != nullptr) here_.tables().subscriber->close(std::exchange(subscriber_, nullptr));
}

void Receiver::hold(std::uint64_t delay_ms) const noexcept {
  if (subscriber_ != nullptr) here_.tables().subscriber->hold(subscriber_, delay_ms);
}

trellis_subscriber_stats Receiver::stats() const noexcept {
  trellis_subscriber_stats stats{};
  stats.struct_size = sizeof stats;
  if (subscriber_ != nullptr) here_.tables().subscriber->stats(subscriber_, &stats);
  return stats;
}

const trellis_receiver& Receiver::table() noexcept {
  static constexpr trellis_receiver kTable{
      sizeof(trellis_receiver),
      [](void*, void* user, const trellis_delivery* deliveries, std::uint32_t count) {
        static_cast<Receiver*>(user)->deliver(deliveries, count);
      },
      [](void*, void* user, bool) {
        static_cast<Receiver*>(user)->lost();
        return false;
      },
      [](void*, void* user, std::uint32_t) { static_cast<Receiver*>(user)->lost(); }, nullptr};
  return kTable;
}

void Receiver::deliver(const trellis_delivery* deliveries, std::uint32_t count) {
  const trellis_host_subscriber& subscribers = *here_.tables().subscriber;
  for (std::uint32_t i = 0; i < count; ++i) {
    const trellis_delivery& delivery = deliveries[i];
    // The lease ends last: the message lives as long.
    bool taken = delivery.message == nullptr;
    try {
      taken = taken || on_message(delivery);
    } catch (const std::exception&) {
      // Out of memory: it is dropped, and counted.
    }
    if (subscriber_ == nullptr) return;
    if (delivery.lease != 0) {
      // What a reader is too slow for is told to him, and is no dead letter.
      subscribers.settle(subscriber_, delivery.lease, taken ? TRELLIS_SETTLE_ACCEPT : TRELLIS_SETTLE_EXHAUSTED);
    } else if (!taken) {
      subscribers.discarded(subscriber_, 1);
    }
  }
}

void Receiver::lost() {
  subscriber_ = nullptr;
  on_lost();
}

}  // namespace mqtt_http
