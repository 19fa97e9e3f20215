/// What streams bring: to the client as QoS 1 messages, back by its acknowledgements.
#include <algorithm>
#include <cstring>
#include <trellis/view.hpp>

#include "client.hpp"

namespace trellis::mqtt {
namespace {

// With one message in flight at a time: longer than anybody waits for an acknowledgement, and how long a stream that is
// its turn has for its next event.
constexpr std::uint64_t kWithoutEndMs = 30ULL * 24 * 3'600'000;
constexpr std::uint64_t kTurnMs = 20;

}  // namespace

// How many more it may have now. Where others are behind each has its part.
std::uint32_t Client::room_for(const QueueStream& one) const {
  const Queues& all = *queues();
  if (state_ != State::connected || all.held_until_ms > shard_.now_ms()) return 0;
  if (all.alternates()) return all.ids.used() == 0 && (outgoing_ == nullptr || outgoing_->used() == 0) ? 1 : 0;
  if (outgoing_ != nullptr && outgoing_->size() > kOrdinaryIds) return 0;
  const std::uint32_t room = all.share() - std::min(all.share(), all.ids.used());
  const auto behind = [&one](const auto& other) { return other.get() != &one && other->behind; };
  if (std::ranges::none_of(all.all, behind)) return room;
  const auto part = static_cast<std::uint32_t>(std::max<std::size_t>(1, all.share() / all.all.size()));
  return std::min(room, part - std::min(part, one.out));
}

std::uint32_t Client::on_events(QueueStream& from, const trellis_stream_item* items, std::uint32_t count) noexcept {
  shard_.delivered_messages = 0;
  shard_.delivered_bytes = 0;
  if (state_ == State::connected && !may_still_take(from)) {
    suspend_stream(from);
    return 0;
  }
  std::uint32_t room = room_for(from);
  std::uint32_t taken = 0;
  while (taken < count && room > 0) {
    if (write_event(from, items[taken++])) --room;
  }
  if (taken > 0) from.behind = false;
  if (taken < count) from.stopped = from.behind = true;
  shard_.flush_counts();
  pace_deliveries();
  return taken;
}

// False for what the client must not get: larger than its Maximum Packet Size.
bool Client::write_event(QueueStream& from, const trellis_stream_item& item) {
  const trellis_publication& event = *item.message;
  trellis_message message{};
  message.struct_size = sizeof message;
  message.flags = event.flags;
  message.topic = view(from.filter);
  message.payload = event.payload;
  message.content_type = event.content_type;
  message.user_properties = event.user_properties;
  message.user_property_count = event.user_property_count;
  OutgoingPublish publish{};
  publish.message = &message;
  publish.version = version_;
  publish.qos = 1;
  if (v5() && from.identifier != 0) {
    publish.identifiers = &from.identifier;
    publish.identifier_count = 1;
  }
  const std::size_t size = size_of(publish);
  if (size > maximum_packet_size_) {
    shard_.metrics().oversized.add(shard_.handle());
    from.table->settle(from.stream, item.lock, TRELLIS_SETTLE_DISCARD);
    return false;
  }
  publish.packet_id =
      static_cast<std::uint16_t>(kOrdinaryIds + queues()->ids.take(item.lock, Awaiting::puback, from.number));
  ++from.out;
  if (queues()->alternates()) shard_.subscribers().hold(subscriber_, kWithoutEndMs);
  std::uint8_t* const begin = shard_.connections().reserve(connection_, size);
  std::uint8_t* const end = write_head(begin, publish);
  if (message.payload.size > 0) std::memcpy(end, message.payload.data, message.payload.size);
  shard_.connections().commit(connection_, size);
  shard_.sent.add(PacketType::publish);
  shard_.sent.add_payload(message.payload.size);
  ++shard_.delivered_messages;
  shard_.delivered_bytes += size;
  return true;
}

PacketIds::Slot* Client::event_slot(std::uint16_t packet_id) const noexcept {
  if (packet_id <= kOrdinaryIds || queues() == nullptr) return nullptr;
  return queues()->ids.find(static_cast<std::uint16_t>(packet_id - kOrdinaryIds));
}

// A failure gives the event to whoever is next; MQTT 3 has none.
bool Client::settle_event(PacketIds::Slot& slot, Reason reason) {
  const std::uint64_t lock = slot.lease;
  const std::uint16_t number = slot.stream;
  Queues* const all = queues();
  all->ids.release(slot);
  QueueStream* const from = number == 0 ? nullptr : all->find(number);
  if (from != nullptr && from->stream != nullptr) {
    --from->out;
    from->table->settle(from->stream, lock, failed(reason) ? TRELLIS_SETTLE_RELEASE : TRELLIS_SETTLE_ACCEPT);
  }
  // Ordinary messages may be sent again, and are before the next event comes.
  if (all->alternates()) shard_.subscribers().attach(subscriber_, connection_, 1);
  end_queues();
  wake_streams_in(0);
  return state_ == State::connected;
}

// It is the turn of a stream, where one waits for it.
void Client::pass_turn() {
  if (queues() == nullptr || !queues()->alternates()) return;
  if (std::ranges::none_of(queues()->all, &QueueStream::behind)) return;
  shard_.subscribers().hold(subscriber_, kTurnMs);
  wake_streams_in(0);
}

void Client::hold_streams(std::uint64_t wait_ms) {
  if (queues() == nullptr) return;
  queues()->held_until_ms = shard_.now_ms() + wait_ms;
  wake_streams_in(wait_ms);
}

void Client::wake_streams_in(std::uint64_t delay_ms) {
  Queues* const all = queues();
  if (all == nullptr || (all->wake_timer != 0 && delay_ms == 0)) return;
  if (all->wake_timer != 0) shard_.common().loop->cancel_timer(shard_.handle(), all->wake_timer);
  if (delay_ms == 0 && std::ranges::none_of(all->all, &QueueStream::stopped)) return;
  all->wake_timer = shard_.common().loop->start_timer(
      shard_.handle(), delay_ms,
      [](void* user) {
        auto& client = *static_cast<Client*>(user);
        client.queues()->wake_timer = 0;
        client.wake_streams();
      },
      this);
}

void Client::wake_streams() {
  for (const auto& one : queues()->all) {
    if (!one->stopped || one->stream == nullptr || room_for(*one) == 0) continue;
    one->stopped = false;
    one->table->resume(one->stream);
  }
}

}  // namespace trellis::mqtt
