// What the tests ask of Paho C, whose blocking and callback libraries are two programs' worth of the same client.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace trellis::testing::paho {

constexpr auto kDeadline = std::chrono::seconds(15);

struct Message {
  std::string topic;
  std::string payload;
  int qos = 0;
  bool retained = false;
  std::vector<std::pair<std::string, std::string>> user_properties{};  // MQTT 5 only

  bool operator==(const Message&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Message& message) {
  out << message.topic << " '" << message.payload << "' QoS " << message.qos << (message.retained ? " retained" : "");
  for (const auto& [key, value] : message.user_properties) out << ' ' << key << '=' << value;
  return out;
}

struct ConnectOptions {
  std::uint16_t port = 0;
  int version = 4;  // 3: MQTT 3.1, 4: MQTT 3.1.1, 5: MQTT 5
  std::string id{};
  bool clean = true;
  unsigned session_expiry_s = 0;  // MQTT 5 only
  const Message* will = nullptr;
};

/// Messages that arrived, filled by Paho's threads and emptied by the test's.
class Inbox {
 public:
  void put(Message message);
  /// Throws when none comes in time.
  Message next();

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Message> messages_;  // guarded by mutex_
};

/// A connected client. Every function waits for the broker's answer and throws when it is no, or late.
class Client {
 public:
  virtual ~Client() = default;
  virtual bool session_present() const = 0;
  virtual int subscribe(const std::string& filter, int qos) = 0;  // the QoS granted
  virtual void unsubscribe(const std::string& filter) = 0;
  virtual void publish(const Message& message) = 0;  // returns once acknowledged as its QoS asks
  virtual void disconnect() = 0;

  Message next() { return inbox_.next(); }

 protected:
  Inbox inbox_;
};

/// Defined once by each library's file.
std::unique_ptr<Client> connect(const ConnectOptions& options);

inline void check(int code, const std::string& what) {
  if (code != 0) throw std::runtime_error(what + ": Paho says " + std::to_string(code));
}

}  // namespace trellis::testing::paho
