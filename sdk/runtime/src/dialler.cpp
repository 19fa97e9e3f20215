#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <trellis/runtime/dialler.hpp>
#include <utility>

namespace trellis::runtime {
namespace {

constexpr std::uint64_t kNextMs = 250;
constexpr std::size_t kMostAddresses = 16;

// The preferred family first, then in turn.
std::vector<Address> interleaved(std::vector<Address> addresses) {
  std::vector<Address> first;
  std::vector<Address> second;
  for (const Address& address : addresses) {
    const bool preferred = address.storage.ss_family == addresses.front().storage.ss_family;
    (preferred ? first : second).push_back(address);
  }
  std::vector<Address> mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  if (mixed.size() > kMostAddresses) mixed.resize(kMostAddresses);
  return mixed;
}

std::string error_text(int code) { return std::strerror(code); }

}  // namespace

/// One socket on its way.
class Dialler::Attempt final : public Pollable {
 public:
  Attempt(Dialling& owner, const Address& to) : owner_(owner), to_(to) {}
  ~Attempt() { drop(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  /// What went wrong at once, or 0.
  int begin();
  void on_ready(std::uint32_t events) override;
  void drop();
  int take();
  const Address& to() const noexcept { return to_; }

 private:
  Dialling& owner_;
  Address to_;
  int fd_ = -1;
};

/// Frees itself at the end of the turn in which it was over.
class Dialler::Dialling final : public Deferred {
 public:
  Dialling(Dialler& home, std::uint64_t id, Target target, Done done)
      : home_(home), id_(id), target_(std::move(target)), done_(std::move(done)), next_(*this), deadline_(*this) {
    shard().arm(deadline_, target_.timeout_ms);
  }
  Shard& shard() noexcept { return home_.shard_; }
  const std::string& host() const noexcept { return target_.host; }

  void resolved(const Resolver::Addresses& answer);
  void try_next();
  void connected(Attempt& attempt);
  void failed(const Attempt& attempt, int code);
  /// Leaves the dialler's list; lives on to the end of the turn.
  void finish();
  void run_deferred() override { delete this; }

 private:
  template <void (Dialling::*Ring)()>
  struct Alarm final : Timer {
    explicit Alarm(Dialling& owner) : Timer(&Alarm::ring), dialling(owner) {}
    static void ring(Timer& timer) {
      Dialling& owner = static_cast<Alarm&>(timer).dialling;
      (owner.*Ring)();
    }
    Dialling& dialling;
  };
  void too_slow();
  bool under_way() const noexcept { return !over_; }
  void say(Dialled result);
  std::string where() const { return target_.host + ':' + std::to_string(target_.port); }
  void note(const std::string& text) { problems_ += (problems_.empty() ? "" : "; ") + text; }

  Dialler& home_;
  std::uint64_t id_;
  Target target_;
  Done done_;
  Alarm<&Dialling::try_next> next_;
  Alarm<&Dialling::too_slow> deadline_;
  std::vector<Address> addresses_;
  std::size_t tried_ = 0;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  std::size_t open_ = 0;  // of them
  bool named_ = false;    // the name was looked up
  bool over_ = false;
  std::string problems_;
};

int Dialler::Attempt::begin() {
  fd_ = ::socket(to_.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  const bool begun =
      ::connect(fd_, reinterpret_cast<const sockaddr*>(&to_.storage), to_.size) == 0 || errno == EINPROGRESS;
  const int code = begun && owner_.shard().watch(fd_, *this) ? 0 : errno;
  if (code != 0) drop();
  return code;
}

void Dialler::Attempt::on_ready(std::uint32_t) {
  if (fd_ < 0) return;  // given up in the same turn
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) {
    drop();
    return owner_.failed(*this, code);
  }
  // A socket just made says that the peer hung up; only one with a peer is connected.
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0) owner_.connected(*this);
}

void Dialler::Attempt::drop() {
  if (fd_ < 0) return;
  owner_.shard().unwatch(fd_);
  ::close(std::exchange(fd_, -1));
}

int Dialler::Attempt::take() {
  owner_.shard().unwatch(fd_);
  return std::exchange(fd_, -1);
}

void Dialler::Dialling::resolved(const Resolver::Addresses& answer) {
  if (!under_way()) return;
  named_ = true;
  if (answer.outcome != Resolver::Outcome::found) return say({Dialled::Outcome::no_name, -1, {}, answer.error});
  for (Address address : answer.addresses) {
    const std::string refusal = target_.trusted ? std::string() : home_.rules_->refusal(address);
    address.set_port(target_.port);
    if (refusal.empty()) {
      addresses_.push_back(address);
    } else {
      note(address.text() + " is not dialled: " + refusal);
    }
  }
  if (addresses_.empty()) return say({Dialled::Outcome::forbidden, -1, {}, where() + ": " + problems_});
  addresses_ = interleaved(std::move(addresses_));
  try_next();
}

void Dialler::Dialling::try_next() {
  while (under_way() && tried_ < addresses_.size()) {
    Attempt& attempt = *attempts_.emplace_back(std::make_unique<Attempt>(*this, addresses_[tried_++]));
    const int code = attempt.begin();
    if (code == 0) {
      ++open_;
      if (tried_ < addresses_.size()) shard().arm(next_, kNextMs);
      return;
    }
    note(attempt.to().text() + ": " + error_text(code));
  }
  if (under_way() && open_ == 0) {
    say({Dialled::Outcome::refused, -1, {}, "no connection to " + where() + ": " + problems_});
  }
}

void Dialler::Dialling::connected(Attempt& attempt) {
  if (!under_way()) return;
  const int fd = attempt.take();
  say({Dialled::Outcome::connected, fd, attempt.to(), {}});
}

void Dialler::Dialling::failed(const Attempt& attempt, int code) {
  if (!under_way()) return;
  --open_;
  note(attempt.to().text() + ": " + error_text(code));
  try_next();
}

void Dialler::Dialling::too_slow() {
  std::string waits = named_ ? "" : ": its name is still being looked up";
  for (const auto& attempt : attempts_) {
    if (tried_ > 0) waits += (waits.empty() ? ": tried " : ", ") + attempt->to().text();
  }
  say({Dialled::Outcome::timeout, -1, {}, "no connection to " + where() + " in time" + waits});
}

void Dialler::Dialling::say(Dialled result) {
  const Done done = std::move(done_);
  finish();
  done(std::move(result));
}

void Dialler::Dialling::finish() {
  over_ = true;
  next_.cancel();
  deadline_.cancel();
  for (const auto& attempt : attempts_) attempt->drop();
  const auto mine = home_.under_way_.find(id_);
  (void)mine->second.release();
  home_.under_way_.erase(mine);
  shard().defer(Phase::cleanup, *this);
}

Dialler::Dialler(Shard& shard, Resolver& resolver) : shard_(shard), resolver_(resolver) {}

Dialler::~Dialler() { *self_ = nullptr; }

std::uint64_t Dialler::dial(Target target, Done done) {
  const std::uint64_t id = ++last_;
  auto dialling = std::make_unique<Dialling>(*this, id, std::move(target), std::move(done));
  const std::string host = dialling->host();
  under_way_.emplace(id, std::move(dialling));
  const auto resolved = [&shard = shard_, self = self_, id](const Resolver::Addresses& answer) {
    shard.post([self, id, answer] {
      if (*self == nullptr) return;
      const auto found = (*self)->under_way_.find(id);
      if (found != (*self)->under_way_.end()) found->second->resolved(answer);
    });
  };
  if (const auto numeric = Address::numeric(host)) {
    resolved({Resolver::Outcome::found, {*numeric}, {}});
  } else {
    resolver_.addresses(host, resolved);
  }
  return id;
}

void Dialler::cancel(std::uint64_t id) {
  const auto found = under_way_.find(id);
  if (found != under_way_.end()) found->second->finish();
}

}  // namespace trellis::runtime
