// Sockets and epoll below the event scenarios.
#include "streams.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "process.hpp"

namespace trellis::bench {
namespace {

// Full reads from one stream before the others get their turn.
constexpr int kReadsPerTurn = 4;
constexpr int kEventsPerTurn = 1024;
constexpr std::chrono::seconds kConnectLimit{5};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

[[noreturn]] void lost(const Stream& stream, int error) {
  throw std::runtime_error("connection " + std::to_string(stream.index) + ": " +
                           (error == 0 ? "closed by the server" : std::strerror(error)));
}

}  // namespace

std::span<char> InBuffer::room(std::size_t count) {
  if (size_ + count > capacity_) {
    const std::size_t capacity = std::max(2 * capacity_, size_ + count);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    std::copy_n(data_.get(), size_, larger.get());
    data_ = std::move(larger);
    capacity_ = capacity;
  }
  return {data_.get() + size_, capacity_ - size_};
}

void InBuffer::append(std::span<const char> bytes) {
  std::copy(bytes.begin(), bytes.end(), room(bytes.size()).begin());
  commit(bytes.size());
}

void InBuffer::consume(std::size_t count) {
  size_ -= count;
  if (size_ != 0 && count != 0) std::memmove(data_.get(), data_.get() + count, size_);
}

StreamEngine::StreamEngine(const std::string& host, std::uint16_t port, StreamHandler& handler)
    : handler_(handler), buffer_(std::make_unique_for_overwrite<char[]>(kReadBuffer)) {
  address_.sin_family = AF_INET;
  address_.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address_.sin_addr) != 1) {
    throw std::runtime_error("host '" + host + "' is not a numeric IPv4 address");
  }
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) fail("epoll_create1");
}

StreamEngine::~StreamEngine() {
  for (const auto& stream : streams_) {
    if (stream.fd >= 0) ::close(stream.fd);
  }
  if (listener_ >= 0) ::close(listener_);
  ::close(epoll_);
}

Stream& StreamEngine::add(int fd) {
  Stream& stream = streams_.emplace_back();
  stream.index = static_cast<std::uint32_t>(streams_.size() - 1);
  stream.fd = fd;
  return stream;
}

Stream& StreamEngine::open() {
  Stream& stream = add(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (stream.fd < 0) fail("socket");
  const int on = 1;
  ::setsockopt(stream.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(stream.fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0 &&
      errno != EINPROGRESS) {
    fail("connect");
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &stream;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, stream.fd, &event) != 0) fail("epoll_ctl");
  run_until([&] { return stream.open; }, kConnectLimit, "connecting");
  return stream;
}

void StreamEngine::listen(std::uint16_t port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("socket");
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_ANY);
  // Every address of 127.0.0.0/8, so that each endpoint can be a host of its own, and nothing but those.
  constexpr std::string_view loopback = "lo";
  if (::setsockopt(listener_, SOL_SOCKET, SO_BINDTODEVICE, loopback.data(), loopback.size()) != 0)
    fail("SO_BINDTODEVICE");
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) fail("bind");
  if (::listen(listener_, SOMAXCONN) != 0) fail("listen");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) fail("epoll_ctl");
}

void StreamEngine::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)) return;
    if (fd < 0) fail("accept");
    Stream& stream = add(fd);
    stream.accepted = true;
    stream.open = true;
    stream.writable = true;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &stream;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }
}

void StreamEngine::turn(std::chrono::nanoseconds wait) {
  std::array<epoll_event, kEventsPerTurn> events;
  if (!unread_.empty() || !dirty_.empty()) wait = std::chrono::nanoseconds::zero();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
  const timespec timeout{seconds.count(), (wait - seconds).count()};
  const int count = ::epoll_pwait2(epoll_, events.data(), kEventsPerTurn, &timeout, nullptr);
  if (count < 0 && errno != EINTR) fail("epoll_pwait2");
  std::vector<Stream*> again;
  again.swap(unread_);
  for (Stream* stream : again) {
    if (stream->fd >= 0) read(*stream);
  }
  for (int i = 0; i < count; ++i) {
    auto* const stream = static_cast<Stream*>(events[i].data.ptr);
    stream == nullptr ? accept_all() : on_event(*stream, events[i].events);
  }
  handler_.on_turn();
  flushing_.swap(dirty_);
  for (Stream* stream : flushing_) {
    stream->dirty = false;
    if (stream->writable && !stream->out.empty()) flush(*stream);
  }
  flushing_.clear();
}

void StreamEngine::run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit,
                             const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("timed out: " + what);
    turn(std::chrono::milliseconds(20));
  }
}

void StreamEngine::on_event(Stream& stream, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && (events & EPOLLERR) == 0 && !stream.writable) {
    stream.writable = true;
    stream.open = true;
    if (!stream.out.empty()) mark(stream);
  }
  if (stream.fd < 0) return;
  // EPOLLHUP and EPOLLERR show in the read as well, after what was sent before them.
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read(stream);
}

void StreamEngine::read(Stream& stream) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const bool kept = !stream.in.empty();
    const std::span<char> room = kept ? stream.in.room(kReadBuffer) : std::span<char>(buffer_.get(), kReadBuffer);
    const ssize_t got = ::recv(stream.fd, room.data(), room.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return end(stream, got == 0 ? 0 : errno);
    read_time_ = now_ns();
    const auto arrived = static_cast<std::size_t>(got);
    if (kept) {
      stream.in.commit(arrived);
      stream.in.consume(handler_.on_bytes(stream, stream.in.bytes()));
    } else {
      const std::size_t used = handler_.on_bytes(stream, room.first(arrived));
      if (used != arrived) stream.in.append(room.subspan(used, arrived - used));
    }
    if (arrived < room.size()) return;
  }
  unread_.push_back(&stream);
}

void StreamEngine::end(Stream& stream, int error) {
  if (!stream.accepted) lost(stream, error);
  ::close(stream.fd);
  stream.fd = -1;
  stream.open = stream.writable = false;
}

void StreamEngine::flush(Stream& stream) {
  const ssize_t sent = ::send(stream.fd, stream.out.data(), stream.out.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return end(stream, errno);
  const std::size_t gone = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (gone < stream.out.size()) stream.writable = false;
  stream.out.consume(gone);
}

}  // namespace trellis::bench
