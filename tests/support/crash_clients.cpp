#include "support/crash_clients.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace trellis::testing {

// ---- a session and its connections

Connect CrashClient::connect() const {
  Connect connect{.client_id = name_, .clean = !keeps_};
  if (version_ == Version::v311) return connect;
  if (keeps_) connect.properties.add(Prop::session_expiry, 3600);
  connect.properties.add(Prop::receive_maximum, 20);
  return connect;
}

void CrashClient::began(const Packet& connack) {
  EXPECT_EQ(connack.session_present, known_) << "session of " << name_;
  known_ = keeps_;
}

void CrashClient::come(std::uint16_t port) {
  client_.emplace(port, version_);
  began(client_->connect(connect()));
  resume();
}

void CrashClient::take_over(std::uint16_t port, bool reads_the_rest) {
  RawClient second(port, version_);
  second.send_connect(connect());
  const Packet connack = second.expect(PacketType::connack);
  EXPECT_EQ(connack.reason, 0);
  if (reads_the_rest) read_to_the_end(*client_);
  gone();
  client_ = std::move(second);
  began(connack);
  resume();
}

void CrashClient::begin_to_take_over(std::uint16_t port) {
  second_.emplace(port, version_);
  second_->send_connect(connect());
}

void CrashClient::leave(Leave how) {
  if (how == Leave::politely) {
    client_->send_disconnect();
    read_to_the_end(*client_);
  } else if (how == Leave::reset) {
    client_->reset();
  }
  client_.reset();
  gone();
}

void CrashClient::lose() {
  for (auto* const connection : {&client_, &second_}) {
    if (!*connection) continue;
    try {
      read_to_the_end(**connection);
    } catch (const std::runtime_error&) {  // it ended in the middle of a packet
    }
    connection->reset();
    gone();
  }
}

void CrashClient::read_to_the_end(RawClient& from) {
  answers_ = false;
  while (const auto packet = from.receive()) {
    if (packet->type == PacketType::connack) {
      began(*packet);
    } else if (packet->type == PacketType::disconnect) {
      EXPECT_EQ(packet->reason, 0x8E) << name_;  // taken over
    } else if (packet->type != PacketType::pingresp) {
      take(*packet);
    }
  }
  answers_ = true;
}

void CrashClient::answer(PacketType type, std::uint16_t id) {
  if (answers_) client_->send_ack(type, id);
}

Packet CrashClient::await(PacketType type) {
  while (true) {
    const auto packet = client_->receive();
    if (!packet) throw std::runtime_error("the broker closed the connection of " + name_);
    if (packet->type == type) return *packet;
    ++taken_;
    take(*packet);
  }
}

std::uint64_t CrashClient::pump() {
  const std::uint64_t before = taken_;
  client_->send_ping();
  await(PacketType::pingresp);
  return taken_ - before;
}

// ---- who sends

bool CrashPublisher::publish(const std::string& topic, std::uint8_t qos, bool clears) {
  if (under_way_.size() >= kWindow) return false;
  const auto taken = [this](const Sent& sent) { return sent.id == last_id_; };
  do {
    if (++last_id_ == 0) last_id_ = 1;
  } while (std::any_of(under_way_.begin(), under_way_.end(), taken));
  const std::uint64_t number = ledger_.add(topic, qos, clears);
  if (retained_ != nullptr) retained_->sent(topic, number, clears);
  under_way_.push_back({number, last_id_});
  send(under_way_.back(), false);
  return true;
}

void CrashPublisher::send(const Sent& sent, bool again) {
  Ledger::Message& message = ledger_.at(sent.number);
  ++message.sent;
  client_->send_publish({.topic = message.topic,
                         .payload = message.clears ? "" : std::to_string(sent.number),
                         .qos = message.qos,
                         .retain = retained_ != nullptr,
                         .dup = again,
                         .packet_id = sent.id});
}

void CrashPublisher::resume() {
  for (const Sent& sent : under_way_) {
    if (sent.received) {
      client_->send_ack(PacketType::pubrel, sent.id);
    } else {
      send(sent, true);
    }
  }
}

void CrashPublisher::gone() {
  if (retained_ != nullptr) under_way_.clear();
}

void CrashPublisher::settle() {
  while (!under_way_.empty()) pump();
}

void CrashPublisher::take(const Packet& packet) {
  const auto sent =
      std::find_if(under_way_.begin(), under_way_.end(), [&](const Sent& one) { return one.id == packet.packet_id; });
  if (sent == under_way_.end()) {
    ADD_FAILURE() << name_ << " sent nothing that is answered by " << packet.describe();
    return;
  }
  Ledger::Message& message = ledger_.at(sent->number);
  if (packet.type == PacketType::pubcomp) {
    // It may have been released by a packet of the connection before.
    EXPECT_TRUE(sent->received && (packet.reason == 0 || packet.reason == 0x92)) << name_ << ": " << packet.describe();
    under_way_.erase(sent);
    return;
  }
  EXPECT_EQ(packet.type, message.qos == 1 ? PacketType::puback : PacketType::pubrec) << name_;
  EXPECT_LT(packet.reason, 0x80) << name_ << ": " << packet.describe();
  message.acknowledged = true;
  if (retained_ != nullptr) retained_->acknowledged(message.topic, sent->number);
  if (message.qos == 1) {
    under_way_.erase(sent);
    return;
  }
  sent->received = true;
  answer(PacketType::pubrel, packet.packet_id);
}

// ---- who receives

void CrashReceiver::subscribe() {
  for (const Subscribed& one : subscribed_) {
    Properties properties;
    if (one.identifier != 0) properties.add(Prop::subscription_id, one.identifier);
    const std::string filter = (one.group.empty() ? "" : "$share/" + one.group + "/") + one.prefix + "#";
    client_->subscribe({{.filter = filter, .qos = one.qos}}, properties);
  }
}

void CrashReceiver::subscribe_too(const std::string& filter) {
  client_->send_subscribe({.filters = {{.filter = filter, .qos = 1}}});
  EXPECT_EQ(await(PacketType::suback).reasons.front(), 1) << name_;
}

void CrashReceiver::unsubscribe(const std::string& filter) {
  client_->send_unsubscribe({.filters = {filter}});
  await(PacketType::unsuback);
}

void CrashReceiver::wait_for_store() {
  const auto before = static_cast<std::ptrdiff_t>(unsure_.size());
  subscribe_too("also/for a moment");  // answered once that is kept, and all before it
  unsubscribe("also/for a moment");
  unsure_.erase(unsure_.begin(), unsure_.begin() + before);
}

void CrashReceiver::next_process() {
  for (const std::uint64_t number : unsure_) seen_[number].noted = false;
  unsure_.clear();
  ++process_;
}

void CrashReceiver::acknowledge(std::size_t most) {
  for (; most > 0 && !put_off_.empty(); --most) {
    answer(put_off_.front().first, put_off_.front().second);
    put_off_.pop_front();
  }
}

void CrashReceiver::gone() {
  put_off_.clear();
  in_this_connection_.clear();
}

void CrashReceiver::take(const Packet& packet) {
  if (packet.type == PacketType::pubrel) {
    half_.erase(packet.packet_id);
    put_off_.emplace_back(PacketType::pubcomp, packet.packet_id);
  } else if (packet.type == PacketType::publish) {
    const std::uint64_t number = packet.payload.empty() ? 0 : std::stoull(packet.payload);
    const auto message = ledger_.all().find(number);
    if (message != ledger_.all().end()) {
      EXPECT_EQ(packet.topic, message->second.topic) << name_ << " got " << number;
      check_subscriptions(packet, message->second);
    } else if (number != 0) {
      ADD_FAILURE() << name_ << " got " << packet.describe() << ", which nobody sent";
    }
    packet.qos == 2 ? take_exactly_once(packet, number) : take_at_least_once(packet, number);
    put_off_.emplace_back(packet.qos == 2 ? PacketType::pubrec : PacketType::puback, packet.packet_id);
  } else {
    ADD_FAILURE() << name_ << " got " << packet.describe();
  }
  if (put_off_.size() > kWindow / 2) acknowledge();
}

void CrashReceiver::check_subscriptions(const Packet& packet, const Ledger::Message& message) const {
  std::uint8_t qos = 0;
  std::set<std::uint32_t> identifiers;
  for (const Subscribed& one : subscribed_) {
    if (!message.topic.starts_with(one.prefix)) continue;
    qos = std::max(qos, one.qos);
    if (one.identifier != 0) identifiers.insert(one.identifier);
  }
  const auto found = packet.properties.numbers(Prop::subscription_id);
  EXPECT_EQ(std::set<std::uint32_t>(found.begin(), found.end()), identifiers) << name_ << ": " << packet.describe();
  EXPECT_EQ(packet.qos, std::min(qos, message.qos)) << name_ << ": " << packet.describe();
}

void CrashReceiver::take_at_least_once(const Packet& packet, std::uint64_t number) {
  if (number == 0) return;
  ++inbox_.copies[number];
  const auto seen = seen_.find(number);
  if (seen != seen_.end() && ledger_.at(number).once()) {
    ++repeated_;
    EXPECT_FALSE(in_this_connection_.contains(number)) << name_ << " got twice, by one connection: " << number;
    if (knows_again(seen->second)) {
      SCOPED_TRACE("first by packet identifier " + std::to_string(seen->second.id) + " of process " +
                   std::to_string(seen->second.process) + ", now of " + std::to_string(process_));
      EXPECT_TRUE(packet.dup) << name_ << " got again, without DUP: " << number;
      EXPECT_EQ(packet.packet_id, seen->second.id) << name_ << " got again: " << number;
    }
  }
  seen_[number] = {packet.packet_id, process_};
  unsure_.push_back(number);
  in_this_connection_.insert(number);
}

// Whether the broker has to tell by DUP and packet identifier that it sent it before. At QoS 1 nothing waits for the
// note of an identifier, and a session without QoS 2 keeps none; another member of a group gets a new message.
bool CrashReceiver::knows_again(const Seen& seen) const {
  if (shares()) return false;
  if (seen.process == process_) return true;
  return seen.noted &&
         std::any_of(subscribed_.begin(), subscribed_.end(), [](const Subscribed& one) { return one.qos == 2; });
}

void CrashReceiver::take_exactly_once(const Packet& packet, std::uint64_t number) {
  const auto [half, first] = half_.emplace(packet.packet_id, number);
  if (first) {
    const unsigned copies = number == 0 ? 1 : ++inbox_.copies[number];
    EXPECT_EQ(copies, 1U) << name_ << " got twice: " << number;
    if (number == 0 || shares()) return;
    std::uint64_t& newest = newest_[packet.topic];
    EXPECT_GT(number, newest) << name_ << " got after that: " << packet.describe();
    newest = number;
    return;
  }
  ++repeated_;
  EXPECT_EQ(half->second, number) << name_ << ": the packet identifier is not free";
  EXPECT_TRUE(packet.dup) << name_ << " got again, without DUP: " << number;
}

}  // namespace trellis::testing
