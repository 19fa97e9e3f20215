/// SUBSCRIBE and UNSUBSCRIBE.
#include <algorithm>
#include <trellis/view.hpp>

#include "client.hpp"
#include "common/mqtt/text.hpp"
#include "reasons.hpp"

namespace trellis::mqtt {
namespace {

constexpr Fault kNotText{Reason::malformed, "a topic filter is not valid UTF-8 text"};

// What MQTT 3 has for a refusal.
constexpr char kFailure = static_cast<char>(0x80);

}  // namespace

bool Client::handle_subscribe(Reader body) {
  SubscribeHead head;
  Fault fault = read_subscribe_head(body, PacketType::subscribe, version_, head);
  const std::uint32_t identifier = head.properties.subscription_identifier;
  if (!fault && identifier != 0 && !limits().subscription_identifiers) fault = {Reason::identifiers_not_supported, {}};
  if (!fault && !check_control_properties(head.properties.user_property_count)) return false;
  const bool too_fast = !fault && !take(Rated::subscribes);
  std::string codes;
  std::string_view why;    // in other words than the reason's
  std::string_view words;  // about the last that was refused
  while (!fault && !body.done()) {
    SubscribeFilter filter;
    fault = read_subscribe_filter(body, version_, filter);
    if (fault) break;
    if (!valid_text(filter.filter)) {
      fault = kNotText;
      break;
    }
    const SharedFilter shared = split_shared(filter.filter);
    why = {};
    if (shared.shared && !v5() && !limits().mqtt3_shared_subscriptions) {
      fault = {Reason::shared_not_supported, {}};
    } else if (shared.shared && shared.valid && filter.no_local) {
      fault = {Reason::protocol_error, "a shared subscription with No Local"};
    } else {
      const bool over = too_fast || codes.size() >= limits().subscribe_filters;
      const Reason reason = over ? Reason::quota_exceeded : subscribe(filter, shared, identifier, why);
      if (failed(reason)) {
        words = why.empty() ? reason_text(reason) : why;
        shard_.metrics().subscribes_refused[static_cast<std::uint8_t>(reason)].add(shard_.handle());
      }
      codes += failed(reason) && !v5() ? kFailure : static_cast<char>(reason);
      if (state_ != State::connected) return false;
    }
  }
  if (fault) {
    end(fault);
    return false;
  }
  return answer(PacketType::suback, head.packet_id, codes, words);
}

// Answers the QoS granted, as a reason code, or why not.
Reason Client::subscribe(const SubscribeFilter& filter, const SharedFilter& shared, std::uint32_t identifier,
                         std::string_view& why) {
  if (shared.filter.starts_with(kQueuePrefix)) return subscribe_queue(filter, shared, identifier, why);
  const Reason refused = check_filter(filter, shared);
  if (refused != Reason::success) return refused;
  trellis_subscription subscription{};
  subscription.struct_size = sizeof subscription;
  subscription.filter = view(shared.filter);
  subscription.group = view(shared.group);
  subscription.qos = std::min<std::uint32_t>(filter.qos, limits().maximum_qos);
  subscription.identifier = identifier;
  const Limits& limit = limits();
  const trellis_subscription_limits most{sizeof most, limit.session_shared_subscriptions, limit.namespace_shared_groups,
                                         limit.shared_group_subscriptions, limit.namespace_subscriptions};
  subscription.limits = &most;
  // A bridge must neither hear its own messages nor take a live message for a retained one.
  if (filter.no_local || (bridge_ && !shared.shared)) subscription.flags |= TRELLIS_SUBSCRIBE_NO_LOCAL;
  if (filter.retain_as_published || bridge_) subscription.flags |= TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED;
  if (!shared.shared && filter.retain_handling == 0) subscription.flags |= TRELLIS_SUBSCRIBE_RETAINED;
  if (!shared.shared && filter.retain_handling == 1) subscription.flags |= TRELLIS_SUBSCRIBE_RETAINED_IF_NEW;
  const Reason added = add_subscription(subscription);
  return failed(added) ? added : static_cast<Reason>(subscription.qos);
}

Reason Client::check_filter(const SubscribeFilter& filter, const SharedFilter& shared) const {
  const Limits& limit = limits();
  if (!shared.valid || check_topic_filter(shared.filter) != TopicFault::none) return Reason::topic_filter_invalid;
  if (filter.filter.size() > limit.topic_bytes) return Reason::topic_filter_invalid;
  if (limit.checks_topic_levels() && topic_levels(shared.filter) > limit.topic_levels) {
    return Reason::topic_filter_invalid;
  }
  if (shared.shared && !limit.shared_subscriptions) return Reason::shared_not_supported;
  if (!limit.wildcard_subscriptions && has_wildcard(shared.filter)) return Reason::wildcards_not_supported;
  return Reason::success;
}

Reason Client::add_subscription(const trellis_subscription& subscription) {
  trellis_subscriber_stats stats{};
  stats.struct_size = sizeof stats;
  shard_.subscribers().stats(subscriber_, &stats);
  trellis_subscription trial = subscription;
  const std::uint32_t own = extras_ == nullptr ? 0 : extras_->own.subscriptions;
  const bool full = stats.subscriptions >= (own == 0 ? limits().subscriptions : std::min(own, limits().subscriptions));
  // At the limit only what exists may be replaced, which the kernel alone knows; until then nothing is replayed.
  if (full) trial.flags &= ~static_cast<std::uint32_t>(TRELLIS_SUBSCRIBE_RETAINED | TRELLIS_SUBSCRIBE_RETAINED_IF_NEW);
  trellis_status status = shard_.subscribers().subscribe(subscriber_, &trial);
  if (full && status == TRELLIS_OK) {
    shard_.subscribers().unsubscribe(subscriber_, subscription.filter, subscription.group);
    return Reason::quota_exceeded;
  }
  if (full && status == TRELLIS_EXISTED) status = shard_.subscribers().subscribe(subscriber_, &subscription);
  switch (status) {
    case TRELLIS_OK:
    case TRELLIS_EXISTED:
      return Reason::success;
    case TRELLIS_NOT_AUTHORIZED:
      return Reason::not_authorized;
    case TRELLIS_INVALID:
      return Reason::topic_filter_invalid;
    case TRELLIS_QUOTA:
      return Reason::quota_exceeded;
    case TRELLIS_UNSUPPORTED:
      return Reason::implementation_specific;
    default:
      return Reason::unspecified;
  }
}

bool Client::handle_unsubscribe(Reader body) {
  SubscribeHead head;
  Fault fault = read_subscribe_head(body, PacketType::unsubscribe, version_, head);
  if (!fault && !check_control_properties(head.properties.user_property_count)) return false;
  std::string codes;
  while (!fault && !body.done()) {
    std::string_view filter;
    fault = read_unsubscribe_filter(body, filter);
    if (fault) break;
    if (!valid_text(filter)) {
      fault = kNotText;
      break;
    }
    const SharedFilter shared = split_shared(filter);
    if (!shared.valid || check_topic_filter(shared.filter) != TopicFault::none) {
      codes += static_cast<char>(Reason::topic_filter_invalid);
      continue;
    }
    const trellis_status status =
        shard_.subscribers().unsubscribe(subscriber_, view(shared.filter), view(shared.group));
    if (!shared.shared && shared.filter.starts_with(kQueuePrefix)) unsubscribe_queue(shared.filter);
    codes += static_cast<char>(status == TRELLIS_OK ? Reason::success : Reason::no_subscription_existed);
  }
  if (fault) {
    end(fault);
    return false;
  }
  // There is no reason code for it, and a client that wants less is not to be refused: it waits instead.
  read_later(std::max(charge(Rated::subscribes, 1), shard_.charge_namespace(name_space_, Rated::subscribes, 1)));
  return answer(PacketType::unsuback, head.packet_id, v5() ? std::string_view(codes) : std::string_view{}, {});
}

bool Client::answer(PacketType type, std::uint16_t packet_id, std::string_view codes, std::string_view text) {
  std::string packet;
  append_suback(packet, type, version_, packet_id, codes, problem_information_ ? text : std::string_view{});
  if (packet.size() > maximum_packet_size_) {
    packet.clear();
    append_suback(packet, type, version_, packet_id, codes, {});
  }
  if (packet.size() > maximum_packet_size_) {
    end(Reason::packet_too_large, "the answer would be larger than the client accepts");
    return false;
  }
  send(packet, type);
  return true;
}

}  // namespace trellis::mqtt
