// MQTT on the engine's connections: what is handed on, the replies every client owes, how many of them get started.
#include <algorithm>
#include <stdexcept>

#include "engine.hpp"

namespace trellis::bench {

bool Engine::parse(Client& client, std::size_t size) {
  const unsigned char* cursor = buffer_.get();
  const unsigned char* end = cursor + size;
  Packet packet;
  for (;;) {
    switch (next_packet(cursor, end, packet)) {
      case Scan::packet:
        if (!handle(client, packet)) return false;
        if (client.closing) return true;
        break;
      case Scan::incomplete:
        client.carry.assign(cursor, end);
        return client.carry.size() < kReadBuffer;  // a packet larger than the buffer is none of ours
      case Scan::malformed:
        return false;
    }
  }
}

bool Engine::handle(Client& client, const Packet& packet) {
  switch (packet.type) {
    case PacketType::publish: {
      PublishView view;
      if (!parse_publish(packet, client.protocol, view)) return false;
      if (view.qos != 0) {
        append_ack(client.out, view.qos == 1 ? PacketType::puback : PacketType::pubrec, view.id);
        mark(client);
      }
      handler_.on_publish(client, view);
      return true;
    }
    case PacketType::connack:
      if (packet.size < 2 || packet.body[1] != 0) {
        throw std::runtime_error("CONNECT refused, code " + std::to_string(packet.size < 2 ? 0 : packet.body[1]));
      }
      client.connected = true;
      --connecting_;
      handler_.on_connected(client);
      return true;
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
    case PacketType::suback:
      handle_ack(client, packet);
      return true;
    case PacketType::disconnect:
      throw std::runtime_error("the broker sent DISCONNECT, reason " +
                               std::to_string(packet.size != 0 ? packet.body[0] : 0));
    default:
      return true;
  }
}

void Engine::handle_ack(Client& client, const Packet& packet) {
  constexpr std::uint8_t kFailure = 0x80;
  AckView ack;
  if (!parse_ack(packet, client.protocol, ack)) throw std::runtime_error("malformed acknowledgement");
  const bool refused = ack.code >= kFailure;
  switch (packet.type) {
    case PacketType::suback:
      if (refused) throw std::runtime_error("SUBSCRIBE refused, code " + std::to_string(ack.code));
      --subscribing_;
      return;
    case PacketType::pubrel:
      append_ack(client.out, PacketType::pubcomp, ack.id);
      return mark(client);
    case PacketType::pubrec:
      if (!refused) {
        append_ack(client.out, PacketType::pubrel, ack.id);
        return mark(client);
      }
      break;
    default:
      break;
  }
  if (refused) ++refused_publishes_;
  handler_.on_published(client, ack.id, !refused);
}

std::vector<Client*> connect_many(Engine& engine, std::uint32_t count, const ConnectOptions& options) {
  constexpr std::uint32_t kAtOnce = 64;               // Mosquitto's listen backlog is 100
  constexpr std::uint32_t kClientsPerSource = 20000;  // of some 28,000 local ports
  std::vector<Client*> clients;
  clients.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    engine.run_until([&] { return engine.connecting() < kAtOnce; }, std::chrono::seconds(10), "waiting for CONNACK");
    ConnectOptions own = options;
    own.client_id += std::to_string(i);
    clients.push_back(&engine.open(own, i, i / kClientsPerSource));
  }
  engine.run_until([&] { return engine.connecting() == 0; }, std::chrono::seconds(10), "waiting for CONNACK");
  return clients;
}

void subscribe_all(Engine& engine, Client& client, std::uint8_t qos, std::span<const std::string> filters) {
  constexpr std::size_t kPerPacket = 100;
  constexpr std::uint32_t kAtOnce = 16;
  for (std::size_t at = 0; at < filters.size(); at += kPerPacket) {
    engine.run_until([&] { return engine.subscribing() < kAtOnce; }, std::chrono::seconds(10), "waiting for SUBACK");
    engine.subscribe(client, qos, filters.subspan(at, std::min(kPerPacket, filters.size() - at)));
  }
  engine.run_until([&] { return engine.subscribing() == 0; }, std::chrono::seconds(10), "waiting for SUBACK");
}

}  // namespace trellis::bench
