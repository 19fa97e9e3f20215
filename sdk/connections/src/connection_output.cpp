/// What a protocol writes, from the outbox to the socket.
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <trellis/connections/connection.hpp>
#include <trellis/connections/layers.hpp>

#include "connection_parts.hpp"

namespace trellis::connections {
namespace {

constexpr std::size_t kEarlyFlush = 64 * 1024;
constexpr int kPieces = 64;

}  // namespace

std::size_t Connection::unsent() const noexcept {
  return outbox_.bytes() + (layers_ != nullptr ? layers_->plain.bytes() : 0);
}

bool Connection::congested() noexcept {
  congested_ = unsent() > endpoint_->limits.output_bytes;
  return congested_;
}

Outbox& Connection::written() noexcept { return layers_ != nullptr ? layers_->plain : outbox_; }

std::uint8_t* Connection::reserve(std::size_t size) { return written().reserve(size); }

void Connection::commit(std::size_t size) {
  written().commit(size);
  if (state_ == State::closed) outbox_.clear();
  if (size == 0 || state_ == State::closed) return;
  if (outbox_.bytes() > kEarlyFlush && !blocked_) send_now();
  shard().defer(Phase::flush, *this);
}

void Connection::write(const void* data, std::size_t size) {
  if (size == 0 || state_ == State::closed) return;
  std::memcpy(reserve(size), data, size);
  commit(size);
}

void Connection::write_kept(std::string_view bytes, const void* owner, void (*release)(const void* owner)) {
  if (state_ == State::closed || bytes.empty()) return release(owner);
  outbox_.append_shared(bytes, owner, release);
  shard().defer(Phase::flush, *this);
}

OutputGate& Connection::hold_output(std::uint64_t ticket) {
  if (held_ == nullptr) held_ = std::make_unique<HeldOutput>();
  return held_->hold(*this, ticket, written().bytes());
}

void Connection::open_gate(const OutputGate& gate) {
  const bool first = held_->open(gate);
  if (held_->empty()) held_.reset();
  if (readable_ && read_later_ != nullptr && read_later_->queued()) {
    read_later_->unqueue();
    read_later();
  }
  if (first && state_ != State::closed) shard().defer(Phase::flush, *this);
}

// What was encoded already has passed its gates.
std::size_t Connection::sendable() const noexcept {
  return held_ != nullptr && layers_ == nullptr ? held_->free(outbox_.bytes()) : outbox_.bytes();
}

void Connection::run_deferred() {
  if (state_ == State::closed) {
    delete this;
    return;
  }
  flush();
}

void Connection::send_now() noexcept {
  iovec pieces[kPieces];
  for (std::size_t most = sendable(); most > 0 && !blocked_; most = sendable()) {
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = static_cast<std::size_t>(outbox_.gather(pieces, kPieces, most));
    std::size_t offered = 0;
    for (std::size_t i = 0; i < message.msg_iovlen; ++i) offered += pieces[i].iov_len;
    const ssize_t sent = message.msg_iovlen == 1
                             ? ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT)
                             : ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      blocked_ = true;
      // Nobody gets it any more. What is open finds that when it reads, what is closing has nothing to wait for.
      if (errno != EAGAIN) {
        if (held_ != nullptr && layers_ == nullptr) held_->consume(outbox_.bytes());
        outbox_.clear();
      }
      return;
    }
    shard().count(endpoint_->metrics->bytes_sent, sent);
    outbox_.consume(static_cast<std::size_t>(sent));
    if (held_ != nullptr && layers_ == nullptr) held_->consume(static_cast<std::size_t>(sent));
    if (static_cast<std::size_t>(sent) < offered) blocked_ = true;
  }
}

void Connection::encode_output() {
  const std::size_t before = layers_->plain.bytes();
  if (!layers_->output(held_ != nullptr ? held_->free(before) : before)) {
    layers_->plain.clear();  // nobody encodes it any more
    return give_up();
  }
  if (held_ != nullptr) held_->consume(before - layers_->plain.bytes());
}

void Connection::flush() {
  if (layers_ != nullptr && !layers_->plain.empty()) encode_output();
  if (!blocked_) send_now();
  flushed();
  if (!restarting() || state_ != State::open || held_ != nullptr) return;
  const auto restart = std::move(read_later_->restart);
  paused_ = false;
  go_on(restart->target, restart->bytes.data(), restart->bytes.size());
  if (readable_ && may_read()) read_later();
}

void Connection::flushed() {
  if (state_ == State::closing && unsent() == 0) {
    finish_close();
    return;
  }
  if (congested_ && unsent() <= endpoint_->limits.output_bytes / 2) {
    congested_ = false;
    if (output_listener_ != nullptr) output_listener_->on_drained();
  }
  if (readable_ && state_ == State::open && (read_later_ == nullptr || !read_later_->queued()) &&
      unsent() <= endpoint_->limits.output_bytes && !paused_ && !waiting_) {
    read_later();
  }
}

// ---- the end

}  // namespace trellis::connections
