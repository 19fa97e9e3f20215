#include "conversation.hpp"

#include <proton/connection.h>
#include <proton/delivery.h>
#include <proton/disposition.h>
#include <proton/event.h>
#include <proton/link.h>
#include <proton/session.h>
#include <proton/terminus.h>
#include <proton/transport.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "conditions.hpp"
#include "sasl.hpp"

namespace amqp {
namespace {

using common::Verdict;
using trellis::Cause;

constexpr std::uint32_t kFrameBytes = 64 * 1024;              // longest frame that the peer may send
constexpr std::size_t kMostBuffered = std::size_t{1} << 20U;  // that the peer's window does not let through

}  // namespace

Conversation::Conversation(peer_link::Link& link, const Target& target) : link_(link), target_(target) {
  if (pn_connection_driver_init(&driver_, nullptr, nullptr) != 0) throw std::bad_alloc();
}

Conversation::~Conversation() { pn_connection_driver_destroy(&driver_); }

void Conversation::begin() {
  pn_transport_t* const transport = driver_.transport;
  pn_transport_set_max_frame(transport, kFrameBytes);
  pn_transport_set_channel_max(transport, 0);
  // The peer is told half of it, so that it is heard before a sign of life is asked for.
  pn_transport_set_idle_timeout(transport, static_cast<pn_millis_t>(link_.settings().keep_alive.count()));
  use_identity(transport, target_.identity);
  pn_connection_t* const connection = driver_.connection;
  pn_connection_set_container(connection, "trellis");
  pn_connection_set_hostname(connection, target_.virtual_host.c_str());
  pn_connection_open(connection);
  session_ = pn_session(connection);
  pn_session_open(session_);
  sender_ = pn_sender(session_, "events");
  pn_terminus_set_address(pn_link_target(sender_), target_.address.c_str());
  // RabbitMQ takes it for how a queue is made; without it what was accepted would be gone with the broker.
  if (target_.durable) pn_terminus_set_durability(pn_link_target(sender_), PN_CONFIGURATION);
  pn_link_set_snd_settle_mode(sender_, PN_SND_UNSETTLED);
  pn_link_set_rcv_settle_mode(sender_, PN_RCV_FIRST);
  pn_link_open(sender_);
  if (handle_events()) tick();
}

std::size_t Conversation::read(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const pn_rwbytes_t room = pn_connection_driver_read_buffer(&driver_);
    if (room.size == 0) break;
    const std::size_t size = std::min(room.size, bytes.size() - taken);
    std::memcpy(room.start, bytes.data() + taken, size);
    pn_connection_driver_read_done(&driver_, size);
    taken += size;
    if (!handle_events()) return bytes.size();
  }
  // Proton takes nothing more where it has closed: what comes then is of nobody's interest.
  const std::size_t consumed = pn_connection_driver_read_closed(&driver_) ? bytes.size() : taken;
  tick();
  return consumed;
}

/// False where the conversation is over.
bool Conversation::handle_events() {
  do {
    while (pn_event_t* const event = pn_connection_driver_next_event(&driver_)) {
      if (!handle(event)) return false;
    }
    flush();
    // Some things only come out when the library is asked what there is to write, such as that a login failed.
  } while (pn_connection_driver_has_event(&driver_));
  tell_limit();
  return true;
}

bool Conversation::handle(pn_event_t* event) {
  switch (pn_event_type(event)) {
    case PN_LINK_REMOTE_OPEN:
      on_attached();
      return true;
    case PN_DELIVERY:
      on_outcome(pn_event_delivery(event));
      return true;
    case PN_LINK_REMOTE_CLOSE:
    case PN_LINK_REMOTE_DETACH:
      return end(judge_end(target_.settings.name, pn_link_remote_condition(sender_), "the peer ended the link"));
    case PN_SESSION_REMOTE_CLOSE:
      return end(judge_end(target_.settings.name, pn_session_remote_condition(session_), "the peer ended the session"));
    case PN_CONNECTION_REMOTE_CLOSE:
      return end(judge_end(target_.settings.name, pn_connection_remote_condition(driver_.connection),
                           "the peer closed the connection"));
    case PN_TRANSPORT_ERROR:
    case PN_TRANSPORT_CLOSED:
      return end_by_transport();
    default:
      return true;
  }
}

void Conversation::on_attached() {
  // Who refuses a link attaches it without a target first, and says why it ends it then.
  if (pn_terminus_get_type(pn_link_remote_target(sender_)) != PN_TARGET) return;
  attached_ = true;
  tell_limit();
  link_.ready();
}

void Conversation::on_outcome(pn_delivery_t* delivery) {
  if (!pn_delivery_updated(delivery)) return;
  const std::uint64_t state = pn_delivery_remote_state(delivery);
  const bool outcome = state == PN_ACCEPTED || state == PN_REJECTED || state == PN_RELEASED || state == PN_MODIFIED;
  if (!outcome && !pn_delivery_settled(delivery)) return pn_delivery_clear(delivery);
  std::uint64_t number = 0;
  const pn_delivery_tag_t tag = pn_delivery_tag(delivery);
  std::memcpy(&number, tag.start, std::min(sizeof number, tag.size));
  const Verdict verdict =
      judge_outcome(target_.settings.name, state, pn_disposition_condition(pn_delivery_remote(delivery)));
  pn_delivery_settle(delivery);
  link_.settle(number, verdict);
}

/// The library found something wrong: with what the peer sent, or that it sent nothing.
bool Conversation::end_by_transport() {
  Verdict verdict =
      judge_end(target_.settings.name, pn_transport_condition(driver_.transport), "the connection is over");
  // In the library's words a silent peer has exceeded a limit.
  if (verdict.cause == Cause::full) verdict.cause = Cause::timed_out;
  return end(verdict);
}

bool Conversation::end(const Verdict& verdict) {
  if (ended_) return false;
  ended_ = true;
  // The last word, where the peer still listens: so it does not take the end for a broken connection.
  pn_connection_close(driver_.connection);
  flush();
  link_.fail(verdict);
  return false;
}

std::optional<Verdict> Conversation::send(std::uint64_t number, peer_link::Piece& piece) {
  const std::uint64_t most = pn_link_remote_max_message_size(sender_);
  if (most > 0 && piece.bytes.size() > most) {
    return Verdict::refused(Cause::too_large, target_.settings.name + ": the message has " +
                                                  std::to_string(piece.bytes.size()) + " bytes, and the peer takes " +
                                                  std::to_string(most));
  }
  pn_delivery(sender_, pn_dtag(reinterpret_cast<const char*>(&number), sizeof number));
  if (pn_link_send(sender_, piece.bytes.data(), piece.bytes.size()) < 0) {
    return Verdict::retry(Cause::aborted, target_.settings.name + ": the message cannot be sent");
  }
  pn_link_advance(sender_);
  flush();
  if (pn_session_outgoing_bytes(session_) >= kMostBuffered) tell_limit();
  return std::nullopt;
}

/// A peer that keeps to the standard is heard before anybody asks: an empty frame shows at least whether it is there.
void Conversation::ping() { tick(); }

void Conversation::farewell() {
  if (ended_) return;
  ended_ = true;
  pn_link_close(sender_);
  pn_connection_close(driver_.connection);
  while (pn_connection_driver_next_event(&driver_) != nullptr) {
  }
  flush();
}

void Conversation::flush() {
  while (true) {
    const pn_bytes_t out = pn_connection_driver_write_buffer(&driver_);
    if (out.size == 0) return;
    link_.write({out.start, out.size});
    pn_connection_driver_write_done(&driver_, out.size);
  }
}

/// What is in flight has had its credit.
void Conversation::tell_limit() {
  if (!attached_ || ended_) return;
  const bool held_up = pn_session_outgoing_bytes(session_) >= kMostBuffered;
  const int credit = held_up ? 0 : std::max(pn_link_credit(sender_), 0);
  link_.limit(link_.in_flight() + static_cast<std::size_t>(credit));
}

/// Sends a heartbeat where the peer wants one, and finds out that the peer sends none.
void Conversation::tick() {
  const std::int64_t now = link_.shard().now().count() + 1;  // 0 would mean that there is no clock
  const std::int64_t next = pn_transport_tick(driver_.transport, now);
  if (!handle_events() || next == 0) return;
  if (tick_.waiting() && next_tick_ <= next) return;
  next_tick_ = next;
  tick_ = link_.shard().after(std::chrono::milliseconds(std::max<std::int64_t>(next - now, 1)), [this] { tick(); });
}

}  // namespace amqp
