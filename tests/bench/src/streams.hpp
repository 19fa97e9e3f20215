// TCP connections for the event scenarios: many on one thread, bytes in and out, no protocol.
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

#include "wire.hpp"

namespace trellis::bench {

/// Bytes that came and are not understood yet. Grows, never shrinks; consumed from the front.
class InBuffer {
 public:
  bool empty() const { return size_ == 0; }
  std::span<char> bytes() { return {data_.get(), size_}; }

  // Room for `count` more bytes, some of which commit() then makes part of the buffer.
  std::span<char> room(std::size_t count);
  void commit(std::size_t count) { size_ += count; }
  void append(std::span<const char> bytes);
  void consume(std::size_t count);

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// One connection. Owned by the StreamEngine and good as long as that is.
struct Stream {
  int fd = -1;
  std::uint32_t index = 0;  // in the order of opening
  bool accepted = false;    // came to listen(): may be closed by who opened it
  bool open = false;        // connected
  bool dirty = false;       // in the list of streams to flush
  bool writable = false;    // false between a short write and the next EPOLLOUT
  OutBuffer out;
  InBuffer in;
};

/// What a scenario hears. Called from StreamEngine::turn only.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // Returns how many of the bytes, from the front, are dealt with; the others come again with what follows them. The
  // bytes may be changed.
  virtual std::size_t on_bytes(Stream& stream, std::span<char> bytes) = 0;
  // Every event of this turn is in; what is queued now leaves in this turn.
  virtual void on_turn() {}
};

/// Owns the epoll descriptor and every stream. One thread. As Engine is for MQTT: edge-triggered, reads until a short
/// read, one send per stream and turn. A connection that ends or fails throws std::runtime_error out of turn().
class StreamEngine {
 public:
  StreamEngine(const std::string& host, std::uint16_t port, StreamHandler& handler);
  ~StreamEngine();
  StreamEngine(const StreamEngine&) = delete;
  StreamEngine& operator=(const StreamEngine&) = delete;

  // Opens one more connection and waits until it stands, so that no listen backlog overflows.
  Stream& open();

  // From now on whoever connects to that port of loopback becomes a stream.
  void listen(std::uint16_t port);

  // Must be called after appending to stream.out.
  void mark(Stream& stream) {
    if (!stream.dirty) {
      stream.dirty = true;
      dirty_.push_back(&stream);
    }
  }

  // Waits for events at most `wait`, handles them, flushes.
  void turn(std::chrono::nanoseconds wait);

  // Turns until the condition holds; throws std::runtime_error naming `what` when `limit` passes first.
  void run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit, const std::string& what);

  std::uint64_t read_time() const { return read_time_; }  // of the bytes being handled, ns

 private:
  static constexpr std::size_t kReadBuffer = std::size_t{256} * 1024;

  Stream& add(int fd);
  void accept_all();
  void end(Stream& stream, int error);
  void on_event(Stream& stream, std::uint32_t events);
  void read(Stream& stream);
  void flush(Stream& stream);

  StreamHandler& handler_;
  sockaddr_in address_{};
  int epoll_ = -1;
  int listener_ = -1;
  std::unique_ptr<char[]> buffer_;  // shared: a stream has its own only while something is incomplete
  std::deque<Stream> streams_;
  std::vector<Stream*> dirty_;
  std::vector<Stream*> flushing_;
  std::vector<Stream*> unread_;  // hit the fairness limit of read(), data may be left
  std::uint64_t read_time_ = 0;
};

}  // namespace trellis::bench
