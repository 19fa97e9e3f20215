#include "mqtt_peer.hpp"

#include <algorithm>

#include "common/mqtt/encode.hpp"
#include "common/mqtt/packets.hpp"
#include "fuzz.hpp"

namespace trellis::fuzz {
namespace {

const std::uint8_t* data_of(std::string_view bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

unsigned flags_of(const wire::Answer& answer) { return answer.first & 0x0F; }

}  // namespace

void MqttPeer::send(std::string_view bytes) {
  if (!connect_read_) {
    sent_ += bytes;
    read_connect();
  }
  connection_.send(bytes);
}

// The version and size limit of the answers are the client's to say.
void MqttPeer::read_connect() {
  mqtt::FixedHeader header;
  if (mqtt::read_header(data_of(sent_), sent_.size(), header) != mqtt::HeaderResult::complete) return;
  if (sent_.size() < header.total()) return;
  connect_read_ = true;
  mqtt::ConnectPacket packet;
  // Whatever is wrong with it, the version it names is the one of the answer.
  const mqtt::Fault fault =
      mqtt::read_connect({data_of(sent_) + header.size, header.remaining}, packet, nullptr, nullptr);
  version_ = packet.version;
  if (!fault) maximum_packet_size_ = packet.properties.maximum_packet_size;
}

void MqttPeer::check() {
  for (const wire::Answer& answer : wire::split(connection_.received())) check_answer(answer);
}

void MqttPeer::check_answer(const wire::Answer& answer) {
  require(answer.type() != 0, "answers are whole packets");
  require(!ended_, "nothing follows the last word of a connection");
  // Acknowledgements are not measured: who accepts not even five bytes cannot be served.
  const std::size_t size = 1 + wire::varint(answer.body.size()).size() + answer.body.size();
  require(size <= std::max<std::size_t>(maximum_packet_size_, mqtt::kAckBytes),
          "no answer is larger than the client accepts");
  if (answer.type() == 2 || !connected_) check_first(answer);
  switch (answer.type()) {
    case 2:
      return;
    case 3:
      return check_publish(answer);
    case 6:
      return require(flags_of(answer) == 2 && answer.body.size() >= 2, "PUBREL is well-formed");
    case 4:
    case 5:
    case 7:
    case 9:
    case 11:
      return require(flags_of(answer) == 0 && answer.body.size() >= 2, "acknowledgements are well-formed");
    case 13:
      return require(flags_of(answer) == 0 && answer.body.empty(), "PINGRESP is well-formed");
    case 14:
      ended_ = true;
      [[fallthrough]];
    case 15:
      return require(version_ == mqtt::Version::v5, "only MQTT 5 has DISCONNECT and AUTH from brokers");
    default:
      require(false, "brokers send no packet of this type");
  }
}

void MqttPeer::check_first(const wire::Answer& answer) {
  if (answer.type() == 15) return;
  require(answer.type() == 2 && !connected_, "a connection begins with one CONNACK");
  require(flags_of(answer) == 0 && answer.body.size() >= 2 && answer.at(0) <= 1, "CONNACK is well-formed");
  require(version_ == mqtt::Version::v5 || (answer.body.size() == 2 && answer.at(1) <= 5),
          "CONNACK is as the client's version has it");
  connected_ = answer.at(1) == 0;
  ended_ = !connected_;
  require(connected_ || answer.at(0) == 0, "a refused client has no session");
}

void MqttPeer::check_publish(const wire::Answer& answer) const {
  mqtt::Reader body(data_of(answer.body), answer.body.size());
  mqtt::PublishPacket packet;
  require(!mqtt::read_publish_head(body, static_cast<std::uint8_t>(flags_of(answer)), packet),
          "PUBLISH is well-formed");
  if (version_ != mqtt::Version::v5) return require(!packet.topic.empty(), "a message has a topic");
  const std::uint32_t properties = body.varint();
  require(body.ok() && properties <= body.left(), "a message's properties are within its packet");
  require(!packet.topic.empty() || properties >= 3, "a message has a topic or an alias for one");
}

}  // namespace trellis::fuzz
