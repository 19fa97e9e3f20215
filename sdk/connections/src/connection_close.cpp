/// How connections end.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <trellis/connections/connection.hpp>
#include <trellis/connections/layers.hpp>

#include "connection_parts.hpp"

namespace trellis::connections {
namespace {

constexpr std::uint64_t kLingerMs = 1000;  // how long a farewell may take to be read

}  // namespace

void Connection::close() {
  if (state_ != State::open) return;
  state_ = State::closing;
  linger_ = unsent() > 0;
  if (!in_input_) input_.reset();  // else the protocol is reading it
  timer_.cancel();
  shard().arm(timer_, endpoint_->limits.close_ms);
  shard().defer(Phase::flush, *this);
}

// The peer sends nothing more, but may still be reading: it gets what was answered. The protocol hears of the end now,
// not when the peer has taken its time.
void Connection::peer_ended() {
  if (unsent() == 0) {
    close_now(TRELLIS_CLOSE_PEER);
    return;
  }
  close_reason_ = TRELLIS_CLOSE_PEER;
  close();
  linger_ = false;  // nothing unread is left that could reset the connection
  tell_closed(TRELLIS_CLOSE_PEER);
}

// Nobody may call the protocol about this connection after this: its state is gone.
void Connection::tell_closed(std::uint32_t reason) {
  if (!told_closed_) {
    told_closed_ = true;
    endpoint_->protocol->on_close(endpoint_->protocol_shard, user_, reason);
  }
  endpoint_->forget(*this);
  if (output_listener_ != nullptr) std::exchange(output_listener_, nullptr)->on_connection_lost();
}

void Connection::finish_close() {
  if (layers_ != nullptr && (!hung_up_ || linger_)) {  // else nobody is there to hear a farewell
    layers_->shutdown();
    if (!blocked_) send_now();
  }
  if (!linger_) return close_now(close_reason_);
  // The peer may still be sending; closing now would reset the connection and take our last words with it.
  state_ = State::lingering;
  tell_closed(close_reason_);
  ::shutdown(fd_, SHUT_WR);
  shard().arm(timer_, kLingerMs);
  discard_input();
}

void Connection::discard_input() {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t n = ::recv(fd_, shard().read_buffer(), Shard::kReadBytes, MSG_DONTWAIT);
    if (n > 0) continue;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close_now(close_reason_);
    return;
  }
  close_now(close_reason_);  // it keeps sending: enough
}

void Connection::close_now(std::uint32_t reason) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  timer_.cancel();
  if (read_later_ != nullptr) read_later_->unqueue();
  unlink();
  if (reason != TRELLIS_CLOSE_MOVED) endpoint_->listener->leave(shard().index());
  if (home_ != 0) endpoint_->homes->release(home_);
  shard().count(endpoint_->metrics->open, -1);
  tell_closed(reason);
  if (!in_layers_) layers_.reset();  // else they are being called, and go with the connection
  outbox_.clear();
  held_.reset();
  if (fd_ >= 0) {
    // Closing alone would leave it watched while a process that is being started still has a copy of it.
    shard().unwatch(fd_);
    ::close(std::exchange(fd_, -1));
  }
  unqueue();
  shard().defer(Phase::cleanup, *this);
}

void Connection::set_timer(std::uint64_t delay_ms) {
  if (state_ != State::open) return;
  if (delay_ms == 0) {
    timer_.cancel();
  } else {
    shard().arm(timer_, delay_ms);
  }
}

void Connection::on_timer(Timer& timer) {
  Connection& connection = static_cast<ConnectionTimer&>(timer).connection;
  if (connection.state_ != State::open) {
    connection.close_now(connection.close_reason_);
    return;
  }
  const Endpoint& endpoint = *connection.endpoint_;
  if (endpoint.protocol->on_timer != nullptr) endpoint.protocol->on_timer(endpoint.protocol_shard, connection.user_);
}

void Connection::say_goodbye(std::uint8_t reason, void (*say)(void* shard, void* user)) {
  if (state_ != State::open) return;
  close_reason_ = reason;
  say != nullptr ? say(endpoint_->protocol_shard, user_) : close();
}

}  // namespace trellis::connections
