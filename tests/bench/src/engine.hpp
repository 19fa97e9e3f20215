// The generator's event loop: many MQTT client connections on one thread, one read buffer, one write per turn.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "layer.hpp"
#include "wire.hpp"

namespace trellis::bench {

struct Endpoint {
  std::string host = "127.0.0.1";  // a numeric IPv4 address
  std::uint16_t port = 1883;
  std::string layer = "none";  // what MQTT is carried in; see layers_named()
};

/// One connection to the broker. Owned by the Engine; scenarios keep pointers until it is closed.
struct Client {
  int fd = -1;
  std::uint32_t index = 0;  // the scenario's own number for it
  std::uint8_t protocol = 4;
  bool connected = false;  // CONNACK with success has come
  bool dirty = false;      // in the list of connections to flush
  bool writable = true;    // false between a short write and the next EPOLLOUT
  bool closing = false;
  std::uint16_t next_id = 1;  // packet ids of SUBSCRIBE
  OutBuffer out;
  std::vector<unsigned char> carry;  // the start of a packet whose rest has not come yet
  std::unique_ptr<Layer> layer;      // null: MQTT stands on the socket itself
  OutBuffer wire;                    // with a layer: what it made of `out`

  bool has_output() const { return !out.empty() || !wire.empty(); }
};

/// What a scenario hears. Called from Engine::turn only.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void on_connected(Client& /*client*/) {}
  // The engine has already queued the acknowledgement.
  virtual void on_publish(Client& /*client*/, const PublishView& /*message*/) {}
  // PUBACK or PUBCOMP came, or a reason code that refuses the message.
  virtual void on_published(Client& /*client*/, std::uint16_t /*id*/, bool /*accepted*/) {}
  // Every event of this turn is in; what is queued now leaves in this turn.
  virtual void on_turn() {}
  // The broker closed the connection. Unless overridden this ends the run.
  virtual void on_closed(Client& client);
};

/// Owns the epoll descriptor and every client. One thread.
///
/// Registered edge-triggered in both directions once; reads until a short read; replies and publishes gather in the
/// client's buffer and leave in one send at the end of the turn, so the generator costs few system calls itself.
class Engine {
 public:
  Engine(const Endpoint& broker, Handler& handler);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Starts a connection and queues CONNECT. source: host part of 127.0.x.x to bind to, 0 for none; more than one
  // is needed where the local ports of a single address would run out.
  Client& open(const ConnectOptions& options, std::uint32_t index, std::uint32_t source = 0);

  // Flushes what is queued once and closes; safe inside callbacks, the client lives until the end of the turn.
  void close(Client& client);
  void close_all();

  // Must be called after appending to client.out.
  void mark(Client& client) {
    if (!client.dirty) {
      client.dirty = true;
      dirty_.push_back(&client);
    }
  }

  void subscribe(Client& client, std::uint8_t qos, std::span<const std::string> filters);

  // Waits for events at most `wait`, handles them, flushes.
  void turn(std::chrono::nanoseconds wait);

  // Turns until the condition holds; throws std::runtime_error naming `what` when `limit` passes first.
  void run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit, const std::string& what);

  std::uint64_t read_time() const { return read_time_; }  // of the read being parsed, ns
  std::uint32_t connecting() const { return connecting_; }
  std::uint32_t subscribing() const { return subscribing_; }  // SUBSCRIBE packets not answered yet
  std::uint64_t refused_publishes() const { return refused_publishes_; }

 private:
  // Fits a second-level cache, and holds more than a hundred windows.
  static constexpr std::size_t kReadBuffer = std::size_t{256} * 1024;

  void on_event(Client& client, std::uint32_t events);
  void read(Client& client);
  std::size_t unwrap(Client& client, std::size_t size, std::size_t kept);
  bool parse(Client& client, std::size_t size);
  bool handle(Client& client, const Packet& packet);
  void handle_ack(Client& client, const Packet& packet);
  void flush(Client& client);
  void lost(Client& client);
  void reap();

  Handler& handler_;
  sockaddr_in address_{};
  int epoll_ = -1;
  LayerSource make_layer_;
  std::unique_ptr<unsigned char[]> buffer_;   // MQTT packets
  std::unique_ptr<unsigned char[]> wrapped_;  // what a layer has to open first
  std::deque<Client> clients_;
  std::vector<Client*> free_;
  std::vector<Client*> dirty_;
  std::vector<Client*> flushing_;
  std::vector<Client*> unread_;   // hit the fairness limit of read(), data may be left
  std::vector<Client*> closing_;  // to be freed at the end of the turn
  std::uint64_t read_time_ = 0;
  std::uint32_t connecting_ = 0;
  std::uint32_t subscribing_ = 0;
  std::uint64_t refused_publishes_ = 0;
};

// Opens `count` clients, few at a time so that no listen backlog overflows, and waits for all CONNACKs.
std::vector<Client*> connect_many(Engine& engine, std::uint32_t count, const ConnectOptions& options);

// Subscribes in packets of at most 100 filters and waits for every SUBACK.
void subscribe_all(Engine& engine, Client& client, std::uint8_t qos, std::span<const std::string> filters);

}  // namespace trellis::bench
