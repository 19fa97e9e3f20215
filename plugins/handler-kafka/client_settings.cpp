#include "client_settings.hpp"

#include <algorithm>
#include <array>

namespace kafka {

std::string ClientSettings::identity() const {
  std::string out;
  for (const auto& [name, value] : pairs_) {
    out += name + "=" + std::to_string(value.size()) + ":" + value + "\n";
  }
  return out;
}

trellis::Result<Conf> ClientSettings::conf() const {
  Conf conf(rd_kafka_conf_new());
  std::array<char, 512> why{};
  for (const auto& [name, value] : pairs_) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK) {
      // The library's own sentence repeats the value, which may be a secret.
      return trellis::fail("the Kafka library does not take its property " + name);
    }
  }
  return conf;
}

void set_usual(ClientSettings& client, const Settings& settings, std::chrono::milliseconds message_timeout) {
  using std::chrono::milliseconds;
  const auto number = [&](std::string_view name, std::int64_t value) { client.set(name, std::to_string(value)); };
  client.set("acks", "all");
  client.set("enable.idempotence", "true");
  client.set("partitioner", "murmur2_random");  // as the Java client: the same key is on the same partition
  number("message.timeout.ms", message_timeout.count());
  number("request.timeout.ms", std::min(message_timeout, milliseconds(30'000)).count());
  number("socket.timeout.ms", std::min(message_timeout, milliseconds(60'000)).count());
  number("topic.metadata.propagation.max.ms", std::min(message_timeout / 2, milliseconds(10'000)).count());
  number("linger.ms", settings.linger.count());
  number("reconnect.backoff.ms", 100);
  number("reconnect.backoff.max.ms", settings.reconnect_max.count());
  // Ours are reached before, and counted.
  number("queue.buffering.max.messages",
         static_cast<std::int64_t>(std::min<std::size_t>(settings.queue_events + 1, 10'000'000)));
  number("queue.buffering.max.kbytes", static_cast<std::int64_t>(settings.queue_bytes / 1024 * 2));
  number("receive.message.max.bytes", 16'777'216);
  // Balancers, Azure's after four minutes, forget connections that say nothing.
  number("connections.max.idle.ms", 180'000);
  number("metadata.max.age.ms", 180'000);
  client.set("socket.keepalive.enable", "true");
  client.set("log.connection.close", "false");
}

}  // namespace kafka
