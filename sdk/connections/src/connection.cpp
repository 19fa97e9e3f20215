#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/container/vector.hpp>
#include <cerrno>
#include <cstring>
#include <trellis/connections/connection.hpp>
#include <trellis/connections/front.hpp>
#include <trellis/connections/layers.hpp>
#include <trellis/runtime/log.hpp>

#include "connection_parts.hpp"

namespace trellis::connections {
namespace {

constexpr std::size_t kUnknownBytes = 4096;
/// So much more is read from a client while a store has not answered for what came before.
constexpr std::uint64_t kMostUnanswered = 256 * 1024;

std::atomic<std::uint64_t> next_id{1};

}  // namespace

Connection::ReadLater::ReadLater(Connection& connection) noexcept : connection_(connection) {}
Connection::ReadLater::~ReadLater() = default;

/// A connection on its way to another shard.
class ConnectionMover final : public MailItem {
 public:
  /// Of a socket that was just accepted.
  ConnectionMover(std::shared_ptr<Endpoint> target, int fd, std::uint32_t flags, PeerAddress peer)
      : target_(std::move(target)), fd_(fd), flags_(flags), peer_(peer) {}
  /// Takes what shall go on living: the socket, the layers and what they have written.
  ConnectionMover(Connection& from, std::shared_ptr<Endpoint> target)
      : target_(std::move(target)),
        fd_(std::exchange(from.fd_, -1)),
        flags_(from.flags_ | TRELLIS_CONNECTION_MOVED),
        peer_(from.peer_),
        home_(std::exchange(from.home_, 0)),
        layers_(std::move(from.layers_)),
        output_(std::move(from.outbox_)),
        input_(std::move(from.input_)) {
    target_->listener->load.move(from.shard().index(), target_->shard().index());
  }
  ~ConnectionMover() override {
    layers_.reset();
    if (fd_ < 0) return;
    ::close(fd_);
    if (home_ != 0) target_->homes->release(home_);
    target_->listener->leave(target_->shard().index());
  }

  void run() override {
    const std::unique_ptr<ConnectionMover> self(this);
    const int fd = std::exchange(fd_, -1);
    if (input_ == nullptr) {
      Connection::open(std::move(target_), fd, flags_, peer_);
      return;
    }
    auto* connection = new Connection(std::move(target_), fd, flags_, peer_);
    connection->home_ = home_;
    connection->outbox_ = std::move(output_);
    if (!connection->outbox_.empty()) connection->shard().defer(Phase::flush, *connection);
    if (connection->start(std::move(layers_))) connection->feed(input_->bytes.data(), input_->bytes.size());
  }

 private:
  std::shared_ptr<Endpoint> target_;
  int fd_;
  std::uint32_t flags_;
  PeerAddress peer_;
  Homes::Key home_ = 0;
  std::unique_ptr<LayerStack> layers_;
  Outbox output_;
  std::unique_ptr<Connection::Input> input_;  // of a new one: none
};

Connection::Connection(std::shared_ptr<Endpoint> endpoint, int fd, std::uint32_t flags, PeerAddress peer)
    : endpoint_(std::move(endpoint)),
      timer_(*this),
      id_(next_id.fetch_add(1, std::memory_order_relaxed)),
      read_at_ms_(static_cast<std::uint32_t>(endpoint_->shard().now_ms())),
      fd_(fd),
      flags_(flags),
      peer_(peer),
      moving_to_(kStays) {
  link();
  shard().count(endpoint_->metrics->open, 1);
}

Connection::~Connection() = default;

void Connection::link() noexcept {
  next_ = endpoint_->first_;
  if (next_ != nullptr) next_->previous_ = this;
  endpoint_->first_ = this;
  ++endpoint_->count_;
}

void Connection::unlink() noexcept {
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : endpoint_->first_) = next_;
  next_ = previous_ = nullptr;
  --endpoint_->count_;
}

void Endpoint::for_each(const std::function<void(Connection&)>& function) {
  // A connection that closes unlinks itself at once but is freed at the end of the turn.
  for (Connection* connection = first_; connection != nullptr;) {
    Connection* next = connection->next_;
    function(*connection);
    connection = next;
  }
}

void Connection::arrive(std::shared_ptr<Endpoint> endpoint, int fd, std::uint32_t flags, PeerAddress peer) {
  Shard& where = endpoint->shard();
  if (Shard::current() == &where) {
    open(std::move(endpoint), fd, flags, peer);
  } else {
    where.post(new ConnectionMover(std::move(endpoint), fd, flags, peer));
  }
}

Connection* Connection::open(std::shared_ptr<Endpoint> endpoint, int fd, std::uint32_t flags, PeerAddress peer) {
  auto* connection = new Connection(std::move(endpoint), fd, flags, peer);
  connection->shard().count(connection->endpoint_->metrics->opened, 1);
  return connection->start(nullptr) ? connection : nullptr;
}

bool Connection::start(std::unique_ptr<LayerStack> layers) {
  bool layered = true;
  if (layers != nullptr) {
    layers_ = std::move(layers);
    layers_->rebind(*this, endpoint_->layers);
  } else if (!endpoint_->layers.empty()) {
    layers_ = std::make_unique<LayerStack>(*this);  // a layer that dials speaks first, within the call
    layered = layers_->extend(endpoint_->layers);
  }
  layered = layered && (!decided() || endpoint_->admits(*this));
  if (layers_ != nullptr && layers_->secure()) flags_ |= TRELLIS_CONNECTION_SECURE;
  if (layered) user_ = endpoint_->protocol->on_open(endpoint_->protocol_shard, this);
  if (user_ == nullptr || !shard().watch(fd_, *this)) {
    told_closed_ = user_ == nullptr;
    close_now(TRELLIS_CLOSE_PROTOCOL);
    return false;
  }
  return state_ != State::closed;
}

// ---- input

void Connection::on_ready(std::uint32_t events) {
  if (state_ == State::closed) return;
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    flush();
    if (state_ == State::closed) return;
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  readable_ = true;
  hung_up_ = hung_up_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (state_ == State::lingering) {
    discard_input();
  } else {
    read_some();
  }
}

bool Connection::may_read() noexcept {
  if (state_ != State::open || paused_ || waiting_) return false;
  // flushed() goes on
  if (unsent() > 2 * endpoint_->limits.output_bytes) return false;
  if (held_ != nullptr && held_->unanswered() > kMostUnanswered && !hung_up_ &&
      stores_behind.load(std::memory_order_relaxed) == 0) {
    // Looked at again now and then, in case the store comes to take nothing meanwhile.
    shard().count(endpoint_->metrics->reads_held, 1);
    if (!reading().queued()) endpoint_->waiting_publishers.push_back(reading());
    return false;
  }
  if (publisher_ && endpoint_->short_of_memory()) {
    shard().count(endpoint_->metrics->reads_paused, 1);
    if (!reading().queued()) endpoint_->waiting_publishers.push_back(reading());
    return false;
  }
  return true;
}

Deferred& Connection::reading() {
  if (read_later_ == nullptr) read_later_ = std::make_unique<ReadLater>(*this);
  return *read_later_;
}

void Connection::read_later() noexcept { shard().defer_next_turn(reading()); }

void Connection::ReadLater::run_deferred() {
  if (connection_.state_ != State::open) return;
  if (!connection_.endpoint().short_of_memory()) return connection_.read_some();
  // One read is let through, so that nobody starves. The rest waits again: what is in the socket already raises no
  // event.
  if (connection_.read_one() && connection_.readable_ && connection_.may_read()) connection_.read_later();
}

void Connection::read_some() {
  if (!decided() && endpoint_->handshakes != nullptr && !endpoint_->handshakes->open())
    return endpoint_->handshakes->wait(reading());
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (!readable_ || !may_read()) return;
    if (!read_one()) return;
  }
  if (readable_ && may_read()) read_later();
}

// One read; false when the connection closed or there is nothing more.
bool Connection::read_one() {
  std::size_t received = 0;
  if (input_ != nullptr && layers_ == nullptr) {
    // Straight behind what is already there, no further than the packet goes: it is large.
    auto& bytes = input_->bytes;
    const std::size_t held = bytes.size();
    const std::size_t missing = input_->wanted > held ? input_->wanted - held : 4096;
    const std::size_t room = std::max(bytes.capacity() - held, std::min(missing, std::max<std::size_t>(4096, held)));
    bytes.resize(held + room, boost::container::default_init);
    const bool more = receive(bytes.data() + held, room, received);
    if (input_ != nullptr) bytes.resize(held + received);  // closing gave it back
    if (!more) return false;
    feed(nullptr, 0);
  } else {
    std::uint8_t* buffer = shard().read_buffer();
    if (!receive(buffer, Shard::kReadBytes, received)) return false;
    if (layers_ == nullptr) {
      feed(buffer, received);
    } else {
      layered_input(0, buffer, received);
    }
  }
  return state_ == State::open;
}

void Connection::layered_input(std::size_t first, const std::uint8_t* data, std::size_t size) {
  const bool nested = std::exchange(in_layers_, true);
  HandshakeBudget* const handshakes = decided() || nested ? nullptr : endpoint_->handshakes;
  const auto begun = handshakes == nullptr ? std::chrono::steady_clock::time_point() : std::chrono::steady_clock::now();
  const bool sound = layers_->input(first, data, size);
  if (handshakes != nullptr) handshakes->spent(std::chrono::steady_clock::now() - begun);
  in_layers_ = nested;
  if (state_ != State::open) return;
  if (!sound) {
    give_up();
  } else if (moving() && !nested) {
    hand_over();
  }
}

bool Connection::receive(std::uint8_t* data, std::size_t size, std::size_t& received) {
  const ssize_t n = ::recv(fd_, data, size, MSG_DONTWAIT);
  if (n > 0) {
    received = static_cast<std::size_t>(n);
    if (held_ != nullptr) held_->count_read(received);
    read_at_ms_ = static_cast<std::uint32_t>(shard().now_ms());
    shard().count(endpoint_->metrics->bytes_received, n);
    if (received < size && !hung_up_) readable_ = false;  // edge-triggered: a short read emptied the socket
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    readable_ = errno == EINTR;
    return false;
  }
  if (n == 0) {
    peer_ended();
  } else {
    close_now(TRELLIS_CLOSE_BROKEN);
  }
  return false;
}

void Connection::plain_input(const void* data, std::size_t size) {
  if (state_ == State::open) feed(static_cast<const std::uint8_t*>(data), size);
}

void Connection::encoded_output(const void* data, std::size_t size) {
  outbox_.append(data, size);
  shard().defer(Phase::flush, *this);
}

void Connection::feed(const std::uint8_t* data, std::size_t size) {
  if (restarting()) {
    auto& bytes = read_later_->restart->bytes;
    bytes.insert(bytes.end(), data, data + size);
    return;
  }
  if (waiting_ || input_ != nullptr || moving()) {
    if (input_ == nullptr) input_ = std::make_unique<Input>();
    input_->bytes.insert(input_->bytes.end(), data, data + size);
    resume_input();
    check_input();
    return;
  }
  std::size_t wanted = 0;
  const std::size_t consumed = call_protocol(data, size, wanted);
  if (consumed < size && state_ == State::open) {
    keep_rest(data + consumed, size - consumed, wanted);
    if (resumed_) resume_input();
    check_input();
  }
}

// Whoever is not known yet may not make the broker hold more than a little while memory is short.
void Connection::check_input() {
  if (input_ == nullptr || state_ != State::open) return;
  input_->count(input_->bytes.capacity());
  if (identity_ || input_->bytes.size() <= kUnknownBytes || !endpoint_->short_of_memory()) return;
  shard().count(endpoint_->metrics->refused_memory, 1);
  close_reason_ = TRELLIS_CLOSE_OVERFLOW;
  close();
}

void Connection::keep_rest(const std::uint8_t* data, std::size_t size, std::size_t wanted) {
  input_ = std::make_unique<Input>();
  input_->bytes.assign(data, data + size);
  input_->wanted = wanted;
}

void Connection::resume_input() {
  while (input_ != nullptr && !waiting_ && !moving() && state_ == State::open && !in_input_) {
    if (input_->bytes.empty() || input_->bytes.size() < input_->wanted) break;
    std::size_t wanted = 0;
    const Input* const before = input_.get();
    const std::size_t consumed = call_protocol(input_->bytes.data(), input_->bytes.size(), wanted);
    if (state_ != State::open) input_.reset();
    if (input_ == nullptr || input_.get() != before || moving()) return;
    input_->bytes.erase(input_->bytes.begin(), input_->bytes.begin() + static_cast<std::ptrdiff_t>(consumed));
    input_->wanted = wanted;
    if (!resumed_) break;
  }
  if (input_ != nullptr && input_->bytes.empty()) input_.reset();
}

std::size_t Connection::call_protocol(const std::uint8_t* data, std::size_t size, std::size_t& wanted) {
  in_input_ = true;
  resumed_ = false;
  const std::size_t consumed = endpoint_->protocol->on_bytes(endpoint_->protocol_shard, user_, data, size, &wanted);
  in_input_ = false;
  if (!decided() && state_ == State::open) {
    if (auto& chosen = static_cast<Front*>(user_)->chosen) {
      go_on(std::move(chosen), data, size);
      return size;
    }
  }
  if (!moving() || state_ != State::open) return std::min(consumed, size);
  if (input_ == nullptr) keep_rest(data, size, 0);
  // A layer that is handing bytes up cannot go away under its own feet.
  if (!in_layers_) hand_over();
  return size;
}

// What was not known is: further layers, and the protocol unless that has to show yet. They get the bytes that told.
void Connection::go_on(std::shared_ptr<Endpoint> target, const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<Input> held = std::move(input_);  // where the bytes may lie
  if (layers_ != nullptr && !target->for_namespace.empty()) {
    // Its certificate was judged by the rules of a host that leads nowhere: they are not those of another namespace.
    if (layers_->secure() && target->unproved(layers_->host())) {
      shard().count(target->metrics->unrecognised, 1);
      return close_now(TRELLIS_CLOSE_LAYER);
    }
    if (const auto name_space = target->namespace_of(layers_->host())) target = target->for_namespace[*name_space];
  }
  if (target->choices.empty() && !target->admits(*this)) return close_now(TRELLIS_CLOSE_ADDRESS);
  const std::size_t open = layers_ == nullptr ? 0 : layers_->size();
  if (layers_ == nullptr && !target->layers.empty()) layers_ = std::make_unique<LayerStack>(*this);
  if (layers_ != nullptr && !layers_->extend(target->layers)) return close_now(TRELLIS_CLOSE_LAYER);
  if (layers_ != nullptr && layers_->secure()) flags_ |= TRELLIS_CONNECTION_SECURE;
  unlink();
  const auto before = std::exchange(endpoint_, std::move(target));
  link();
  if (decided() || before->choices.empty()) {
    timer_.cancel();
    if (before->choices.empty()) before->forget(*this);
    before->protocol->on_close(before->protocol_shard, user_, TRELLIS_CLOSE_MOVED);
    user_ = endpoint_->protocol->on_open(endpoint_->protocol_shard, this);
    told_closed_ = user_ == nullptr;
    if (told_closed_) return close_now(TRELLIS_CLOSE_PROTOCOL);
  }
  if (size == 0) return;
  if (layers_ == nullptr || layers_->size() == open) {
    feed(data, size);
  } else {
    layered_input(open, data, size);
  }
}

void Connection::layers_ready() {
  const bool waits = (flags_ & TRELLIS_CONNECTION_DIALLED) != 0 && !decided() && state_ == State::open;
  if (waits) go_on(endpoint_->choices.front().endpoint, nullptr, 0);
}

bool Connection::restart(const void* data, std::size_t size) {
  const auto front = endpoint_->before.lock();
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  bool more = false;
  const Choice* choice = nullptr;
  if (front != nullptr && state_ == State::open) choice = choose(*front, bytes, size, more, endpoint_.get());
  if (choice == nullptr) return false;
  reading();
  read_later_->restart = std::make_unique<Restart>(Restart{choice->endpoint, {bytes, bytes + size}});
  shard().defer(Phase::flush, *this);
  return true;
}

std::string_view Connection::fact(std::string_view name) const {
  return layers_ == nullptr ? std::string_view() : layers_->fact(name);
}

std::string_view Connection::client(char (&buffer)[PeerAddress::kTextBytes]) const {
  const std::string_view told = fact(TRELLIS_FACT_PEER);
  return told.empty() ? peer_.text(buffer) : told;
}

bool Connection::client_is_local() const {
  const std::string_view told = fact(TRELLIS_FACT_PEER);
  if (told.empty()) return (flags_ & TRELLIS_CONNECTION_LOOPBACK) != 0;
  const auto address = ip_address_of_peer(told);
  return address && is_loopback(*address);
}

void Connection::look() {
  if (layers_ != nullptr && state_ == State::open && !layers_->look()) give_up();
}

void Connection::give_up() {
  if (state_ != State::open) return;
  close_reason_ = TRELLIS_CLOSE_LAYER;
  close();
}

void Connection::set_waiting(bool waiting) {
  if (waiting_ && !waiting) resumed_ = true;
  waiting_ = waiting;
  if (waiting || in_input_ || state_ != State::open) return;
  resume_input();
  if (readable_ && state_ == State::open) read_later();
}

void Connection::set_identity(IdentityPtr identity) {
  const IdentityPtr before = std::exchange(identity_, std::move(identity));
  if (before && before != identity_) endpoint_->reidentified(*this);
}

void Connection::pause(bool paused) {
  paused_ = paused;
  if (!paused && readable_ && state_ == State::open) read_later();
}

std::uint64_t Connection::idle_ms() const noexcept {
  // Whoever is not read cannot be blamed for silence.
  if (readable_) return 0;
  return static_cast<std::uint32_t>(endpoint_->shard().now_ms()) - read_at_ms_;
}

std::uint32_t Connection::home(std::string_view name) {
  const Homes::Key key = Homes::key(endpoint_->name_space, name);
  const std::uint32_t shard_index = endpoint_->homes->hold(key, shard().index());
  endpoint_->homes->release(std::exchange(home_, key));
  return shard_index;
}

void Connection::move(std::uint32_t shard_index) { moving_to_ = static_cast<std::uint8_t>(shard_index); }

// Everything not consumed goes along: the bytes of the on_bytes call that moved, and what came behind them.
void Connection::hand_over() {
  auto target = endpoint_->sibling(moving_to_);
  // Gates belong to their shard. Nobody moves after having written what needs one.
  if (target == nullptr || held_ != nullptr) {
    close_now(TRELLIS_CLOSE_SHUTDOWN);
    return;
  }
  shard().unwatch(fd_);
  auto* mover = new ConnectionMover(*this, target);
  close_now(TRELLIS_CLOSE_MOVED);
  target->shard().post(mover);
}

}  // namespace trellis::connections
