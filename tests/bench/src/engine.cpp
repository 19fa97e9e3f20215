// Sockets and epoll.
#include "engine.hpp"

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
#include <system_error>

#include "process.hpp"

namespace trellis::bench {
namespace {

// Full reads from one connection before the others get their turn.
constexpr int kReadsPerTurn = 4;
constexpr int kEventsPerTurn = 1024;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

void Handler::on_closed(Client& client) {
  throw std::runtime_error("the broker closed connection " + std::to_string(client.index) +
                           (client.connected ? "" : " before CONNACK"));
}

Engine::Engine(const Endpoint& broker, Handler& handler)
    : handler_(handler),
      make_layer_(layers_named(broker.layer)),
      buffer_(std::make_unique_for_overwrite<unsigned char[]>(kReadBuffer + Layer::kHeld)),
      wrapped_(std::make_unique_for_overwrite<unsigned char[]>(kReadBuffer)) {
  address_.sin_family = AF_INET;
  address_.sin_port = htons(broker.port);
  if (::inet_pton(AF_INET, broker.host.c_str(), &address_.sin_addr) != 1) {
    throw std::runtime_error("host '" + broker.host + "' is not a numeric IPv4 address");
  }
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) fail("epoll_create1");
}

Engine::~Engine() {
  for (const auto& client : clients_) {
    if (client.fd >= 0) ::close(client.fd);
  }
  ::close(epoll_);
}

Client& Engine::open(const ConnectOptions& options, std::uint32_t index, std::uint32_t source) {
  if (free_.empty()) free_.push_back(&clients_.emplace_back());
  Client& client = *free_.back();
  free_.pop_back();
  client = Client{};
  client.index = index;
  client.protocol = options.protocol;
  client.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.fd < 0) fail("socket");
  const int on = 1;
  ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source != 0) {
    // Chooses the port at connect, where the whole four-tuple counts, not at bind.
    ::setsockopt(client.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
    if (::bind(client.fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) fail("bind");
  }
  if (::connect(client.fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0 &&
      errno != EINPROGRESS) {
    fail("connect");
  }
  append_connect(client.out, options);
  client.layer = make_layer_();
  if (client.layer) client.layer->start(client.wire);
  client.writable = false;  // until the connection stands
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &client;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event) != 0) fail("epoll_ctl");
  ++connecting_;
  mark(client);
  return client;
}

void Engine::close(Client& client) {
  if (client.closing) return;
  if (client.has_output() && client.writable) flush(client);
  if (client.closing) return;  // the flush met a closed connection
  client.closing = true;
  if (!client.connected) --connecting_;
  ::close(client.fd);
  client.fd = -1;
  closing_.push_back(&client);
}

void Engine::close_all() {
  for (auto& client : clients_) {
    if (client.fd < 0) continue;
    append_disconnect(client.out);
    close(client);
  }
  reap();
}

void Engine::subscribe(Client& client, std::uint8_t qos, std::span<const std::string> filters) {
  append_subscribe(client.out, client.protocol, client.next_id, qos, filters);
  client.next_id = client.next_id == 0xffff ? std::uint16_t{1} : static_cast<std::uint16_t>(client.next_id + 1);
  ++subscribing_;
  mark(client);
}

void Engine::turn(std::chrono::nanoseconds wait) {
  std::array<epoll_event, kEventsPerTurn> events;
  if (!unread_.empty() || !dirty_.empty()) wait = std::chrono::nanoseconds::zero();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
  const timespec timeout{seconds.count(), (wait - seconds).count()};
  const int count = ::epoll_pwait2(epoll_, events.data(), kEventsPerTurn, &timeout, nullptr);
  if (count < 0 && errno != EINTR) fail("epoll_pwait2");
  std::vector<Client*> again;
  again.swap(unread_);
  for (Client* client : again) read(*client);
  for (int i = 0; i < count; ++i) on_event(*static_cast<Client*>(events[i].data.ptr), events[i].events);
  handler_.on_turn();
  // Flushing may find a connection closed and let the handler mark others, which then leave in the next turn.
  flushing_.swap(dirty_);
  for (Client* client : flushing_) {
    client->dirty = false;
    if (!client->closing && client->writable && client->has_output()) flush(*client);
  }
  flushing_.clear();
  reap();
}

void Engine::run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit,
                       const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("timed out: " + what);
    turn(std::chrono::milliseconds(20));
  }
}

void Engine::on_event(Client& client, std::uint32_t events) {
  if (client.closing) return;
  if ((events & EPOLLOUT) != 0 && !client.writable) {
    client.writable = true;
    if (client.has_output()) mark(client);
  }
  // EPOLLHUP and EPOLLERR show in the read as well, after what was sent before them.
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read(client);
}

void Engine::read(Client& client) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (client.closing) return;
    const std::size_t kept = client.carry.size();
    if (kept != 0) std::memcpy(buffer_.get(), client.carry.data(), kept);
    unsigned char* const to = client.layer ? wrapped_.get() : buffer_.get() + kept;
    const ssize_t got = ::recv(client.fd, to, kReadBuffer - kept, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return lost(client);
    read_time_ = now_ns();
    const auto arrived = static_cast<std::size_t>(got);
    if (!parse(client, kept + (client.layer ? unwrap(client, arrived, kept) : arrived))) {
      throw std::runtime_error("malformed packet from the broker on connection " + std::to_string(client.index));
    }
    if (arrived < kReadBuffer - kept) return;
  }
  unread_.push_back(&client);
}

// What arrived in a layer becomes packets behind the `kept` bytes.
std::size_t Engine::unwrap(Client& client, std::size_t size, std::size_t kept) {
  const std::size_t plain =
      client.layer->decode({wrapped_.get(), size}, {buffer_.get() + kept, size + Layer::kHeld}, client.wire);
  // The end of its handshake sets free what waits in `out`.
  if (client.has_output()) mark(client);
  return plain;
}

void Engine::flush(Client& client) {
  if (client.layer) client.layer->encode(client.out, client.wire);
  OutBuffer& out = client.layer ? client.wire : client.out;
  if (out.empty()) return;  // the layer's handshake goes on
  const ssize_t sent = ::send(client.fd, out.data(), out.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN) return lost(client);
    client.writable = false;
    return;
  }
  if (static_cast<std::size_t>(sent) < out.size()) client.writable = false;
  out.consume(static_cast<std::size_t>(sent));
}

void Engine::lost(Client& client) {
  if (client.closing) return;
  client.closing = true;
  if (!client.connected) --connecting_;
  ::close(client.fd);
  client.fd = -1;
  closing_.push_back(&client);
  handler_.on_closed(client);
}

void Engine::reap() {
  for (Client* client : closing_) {
    std::erase(unread_, client);
    client->out.release();
    client->carry = {};
    client->wire.release();
    client->layer.reset();
    free_.push_back(client);
  }
  closing_.clear();
}

}  // namespace trellis::bench
