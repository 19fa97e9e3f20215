/// Deliveries to clients: packet identifiers, aliases, one reservation and one commit per batch.
#include <algorithm>
#include <cstring>
#include <trellis/view.hpp>

#include "client.hpp"

namespace trellis::mqtt {
namespace {

// From here on the kernel hands the payload to the socket as it lies in the message.
constexpr std::size_t kUncopiedPayload = 2048;
constexpr std::uint32_t kChunk = 64;

}  // namespace

/// One packet of a batch: a PUBLISH, or a PUBREL where there is no message.
struct Client::Outgoing {
  OutgoingPublish publish{};
  std::size_t copied = 0;  // bytes of the output buffer it needs
  bool skipped = false;
};

void Client::on_deliver(const trellis_delivery* deliveries, std::uint32_t count) noexcept {
  shard_.delivered_messages = 0;
  shard_.delivered_bytes = 0;
  while (count > 0 && state_ == State::connected) {
    const std::uint32_t chunk = std::min(count, kChunk);
    deliver(deliveries, chunk);
    deliveries += chunk;
    count -= chunk;
  }
  shard_.flush_counts();
  pace_deliveries();
}

void Client::deliver(const trellis_delivery* deliveries, std::uint32_t count) {
  Outgoing packets[kChunk];
  std::uint64_t discarded_leases[kChunk];
  std::uint32_t discarded = 0;
  std::uint32_t discarded_qos0 = 0;
  const std::int64_t wall_ms = shard_.common().loop->wall_ms(shard_.handle());
  for (std::uint32_t i = 0; i < count; ++i) {
    if (prepare(deliveries[i], wall_ms, packets[i])) continue;
    packets[i].skipped = true;
    if (deliveries[i].lease != 0) {
      discarded_leases[discarded++] = deliveries[i].lease;
    } else {
      ++discarded_qos0;
    }
  }
  write(packets, count);
  if (discarded + discarded_qos0 == 0) return;
  // Settled last: the kernel may use the room at once.
  shard_.metrics().oversized.add(shard_.handle(), discarded + discarded_qos0);
  if (discarded_qos0 > 0) shard_.subscribers().discarded(subscriber_, discarded_qos0);
  for (std::uint32_t i = 0; i < discarded; ++i) {
    shard_.subscribers().settle(subscriber_, discarded_leases[i], TRELLIS_SETTLE_DISCARD);
  }
}

// False for what the client must not get: larger than its Maximum Packet Size.
bool Client::prepare(const trellis_delivery& delivery, std::int64_t wall_ms, Outgoing& out) {
  OutgoingPublish& publish = out.publish;
  if ((delivery.flags & TRELLIS_DELIVERY_RECEIVED) != 0) {
    out.copied = kAckBytes;
    return assign_packet_id(delivery, Awaiting::pubcomp, publish.packet_id);
  }
  const trellis_message& message = *delivery.message;
  publish.message = &message;
  publish.version = version_;
  publish.qos = static_cast<std::uint8_t>(delivery.qos);
  publish.retain = (delivery.flags & TRELLIS_DELIVERY_RETAIN) != 0;
  publish.duplicate = delivery.qos > 0 && delivery.tag != 0 && (delivery.flags & TRELLIS_DELIVERY_REDELIVERED) != 0;
  if (v5()) {
    publish.identifiers = delivery.identifiers;
    publish.identifier_count = delivery.identifier_count;
    if ((message.flags & TRELLIS_MESSAGE_HAS_EXPIRY) != 0) {
      // Rounded up: what waited less than a second has lost nothing.
      publish.expiry_left =
          static_cast<std::uint32_t>(std::max<std::int64_t>(0, message.expires_at_ms - wall_ms + 999) / 1000);
    }
  }
  const std::size_t size = size_of(publish);
  if (size > maximum_packet_size_) return false;
  ++shard_.delivered_messages;
  shard_.delivered_bytes += size;
  out.copied = message.payload.size < kUncopiedPayload ? size : size - message.payload.size;
  if (delivery.qos == 0) return true;
  return assign_packet_id(delivery, delivery.qos == 1 ? Awaiting::puback : Awaiting::pubrec, publish.packet_id);
}

// With an alias where the client takes them and the message fits with it.
std::size_t Client::size_of(OutgoingPublish& publish) {
  if (extras_ != nullptr && extras_->outgoing_aliases != nullptr) {
    const auto choice = extras_->outgoing_aliases->choose(text(publish.message->topic));
    publish.alias = choice.alias;
    publish.topic_known = choice.known;
  }
  const std::size_t size = measure(publish);
  if (size <= maximum_packet_size_ || publish.alias == 0) return size;
  // An alias costs three bytes before it saves any, and the message may fit without.
  if (!publish.topic_known) extras_->outgoing_aliases->forget(publish.alias);
  publish.alias = 0;
  publish.topic_known = false;
  return measure(publish);
}

bool Client::assign_packet_id(const trellis_delivery& delivery, Awaiting awaiting, std::uint16_t& packet_id) {
  const auto before = static_cast<std::uint16_t>(delivery.tag);
  if (before != 0 && outgoing().claim(before, delivery.lease, awaiting)) {
    packet_id = before;
    return true;
  }
  packet_id = outgoing().take(delivery.lease, awaiting);
  if (packet_id == 0) return false;
  shard_.subscribers().set_tag(subscriber_, delivery.lease, packet_id);
  return true;
}

void Client::write(const Outgoing* packets, std::uint32_t count) {
  const trellis_host_connection& connections = shard_.connections();
  std::size_t room = 0;
  for (std::uint32_t i = 0; i < count; ++i) room += packets[i].skipped ? 0 : packets[i].copied;
  if (room == 0) return;
  std::uint8_t* const begin = connections.reserve(connection_, room);
  std::uint8_t* start = begin;
  std::uint8_t* out = begin;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (packets[i].skipped) continue;
    const OutgoingPublish& publish = packets[i].publish;
    if (publish.message == nullptr) {
      out = write_ack(out, PacketType::pubrel, publish.packet_id, Reason::success, version_);
      shard_.sent.add(PacketType::pubrel);
      continue;
    }
    const trellis_view payload = publish.message->payload;
    shard_.sent.add(PacketType::publish);
    shard_.sent.add_payload(payload.size);
    out = write_head(out, publish);
    if (payload.size < kUncopiedPayload) {
      if (payload.size > 0) std::memcpy(out, payload.data, payload.size);
      out += payload.size;
      continue;
    }
    const auto written = static_cast<std::size_t>(out - start);
    connections.commit(connection_, written);
    connections.write_message(connection_, publish.message, payload);
    room -= written;
    start = out = connections.reserve(connection_, std::max<std::size_t>(room, 1));
  }
  connections.commit(connection_, static_cast<std::size_t>(out - start));
}

}  // namespace trellis::mqtt
