/// PUBACK, PUBREC, PUBREL and PUBCOMP from clients.
#include "client.hpp"

namespace trellis::mqtt {

bool Client::handle_ack(PacketType type, Reader body) {
  AckPacket packet;
  if (const Fault fault = read_ack(body, type, version_, packet)) {
    end(fault);
    return false;
  }
  if (!check_control_properties(packet.user_properties)) return false;
  switch (type) {
    case PacketType::puback:
      return handle_puback(packet);
    case PacketType::pubrec:
      return handle_pubrec(packet);
    case PacketType::pubcomp:
      return handle_pubcomp(packet);
    default:
      return handle_pubrel(packet);
  }
}

bool Client::handle_puback(const AckPacket& packet) {
  PacketIds::Slot* slot = outgoing_ == nullptr ? nullptr : outgoing_->find(packet.packet_id);
  if (PacketIds::Slot* const event = slot == nullptr ? event_slot(packet.packet_id) : nullptr)
    return settle_event(*event, packet.reason);
  // A stray acknowledgement changes nothing; a client may send one for a message that was dropped meanwhile.
  if (slot == nullptr) return true;
  if (slot->awaiting != Awaiting::puback) {
    end(Reason::protocol_error, "PUBACK for a QoS 2 message");
    return false;
  }
  const std::uint64_t lease = slot->lease;
  outgoing_->release(*slot);
  pass_turn();
  // A refused message is a delivered one: MQTT 5 (4.4) forbids sending it again.
  shard_.subscribers().settle(subscriber_, lease, TRELLIS_SETTLE_ACCEPT);
  return !failed(packet.reason) || refused_by_client();
}

bool Client::handle_pubrec(const AckPacket& packet) {
  PacketIds::Slot* slot = outgoing_ == nullptr ? nullptr : outgoing_->find(packet.packet_id);
  const bool event = slot == nullptr && event_slot(packet.packet_id) != nullptr;
  if (slot == nullptr && !event) {
    if (!failed(packet.reason)) acknowledge(PacketType::pubrel, packet.packet_id, Reason::packet_id_not_found);
    return true;
  }
  if (event || slot->awaiting == Awaiting::puback) {
    end(Reason::protocol_error, "PUBREC for a QoS 1 message");
    return false;
  }
  const std::uint64_t lease = slot->lease;
  if (failed(packet.reason)) {
    outgoing_->release(*slot);
    pass_turn();
    shard_.subscribers().settle(subscriber_, lease, TRELLIS_SETTLE_ACCEPT);
    return refused_by_client();
  }
  const bool first = slot->awaiting == Awaiting::pubrec;
  slot->awaiting = Awaiting::pubcomp;
  if (first) shard_.subscribers().settle(subscriber_, lease, TRELLIS_SETTLE_RECEIVED);
  acknowledge(PacketType::pubrel, packet.packet_id, Reason::success);
  return state_ == State::connected;
}

bool Client::handle_pubcomp(const AckPacket& packet) {
  PacketIds::Slot* slot = outgoing_ == nullptr ? nullptr : outgoing_->find(packet.packet_id);
  if (slot == nullptr) return true;
  if (slot->awaiting != Awaiting::pubcomp) {
    end(Reason::protocol_error, "PUBCOMP for a message that was not released");
    return false;
  }
  const std::uint64_t lease = slot->lease;
  outgoing_->release(*slot);
  pass_turn();
  shard_.subscribers().settle(subscriber_, lease, TRELLIS_SETTLE_ACCEPT);
  return state_ == State::connected;
}

bool Client::handle_pubrel(const AckPacket& packet) {
  const bool known = incoming_ != nullptr && incoming_->erase(packet.packet_id);
  // Also where it is not known any more: what is forgotten here after a failure may be remembered there.
  shard_.subscribers().unmark(subscriber_, packet.packet_id);
  acknowledge(PacketType::pubcomp, packet.packet_id, known ? Reason::success : Reason::packet_id_not_found);
  return true;
}

bool Client::refused_by_client() {
  shard_.metrics().refused_deliveries.add(shard_.handle());
  if (!limits().refused_delivery_disconnects) return state_ == State::connected;
  end(Reason::implementation_specific, "the client refused a message");
  return false;
}

}  // namespace trellis::mqtt
