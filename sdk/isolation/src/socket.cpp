#include "socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace trellis::isolation {
namespace {

struct Head {
  std::uint32_t size;
  std::uint32_t type;
};

constexpr std::uint32_t kLongest = 64 * 1024 * 1024;
constexpr std::size_t kMostDescriptors = 250;  // SCM_MAX_FD

/// False once that time is over. True for nothing as well, now and then.
bool wait_for(int number, short events, Socket::Clock::time_point until) noexcept {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Socket::Clock::now()).count();
  pollfd one{number, events, 0};
  return poll(&one, 1, static_cast<int>(std::clamp<long long>(left, 0, 60000))) > 0 || left > 0;
}

std::string framed(Frame type, std::string_view body) {
  const Head head{static_cast<std::uint32_t>(body.size()), static_cast<std::uint32_t>(type)};
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  bytes.append(body);
  return bytes;
}

}  // namespace

Owned& Owned::operator=(Owned&& other) noexcept {
  if (number_ >= 0) ::close(number_);
  number_ = other.release();
  return *this;
}

Owned::~Owned() {
  if (number_ >= 0) ::close(number_);
}

int Owned::release() noexcept { return std::exchange(number_, -1); }

bool Socket::write(Frame type, std::string_view body, const std::vector<int>& descriptors) {
  const std::string bytes = framed(type, body);
  const std::lock_guard lock(mutex_);
  return write_locked(bytes, descriptors, true);
}

bool Socket::try_write(Frame type, std::string_view body) {
  const std::string bytes = framed(type, body);
  const std::lock_guard lock(mutex_);
  return write_locked(bytes, {}, false);
}

bool Socket::write_locked(std::string_view bytes, const std::vector<int>& descriptors, bool may_wait) {
  bool with = !descriptors.empty();
  auto until = Clock::now() + patience_;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostDescriptors)] = {};
  while (!bytes.empty()) {
    iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (with) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
      cmsghdr* const head = CMSG_FIRSTHDR(&message);
      head->cmsg_level = SOL_SOCKET;
      head->cmsg_type = SCM_RIGHTS;
      head->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
      std::memcpy(CMSG_DATA(head), descriptors.data(), sizeof(int) * descriptors.size());
    }
    const ssize_t sent = sendmsg(descriptor_.number(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN && may_wait && wait_for(descriptor_.number(), POLLOUT, until)) continue;
    if (sent < 0) {
      // Half a frame may be in there, and whoever reads on must not take the next one for the rest of it.
      if (may_wait) ::shutdown(descriptor_.number(), SHUT_RDWR);
      return false;
    }
    with = false;
    may_wait = true;  // a frame that was begun is sent whole
    bytes.remove_prefix(static_cast<std::size_t>(sent));
    until = Clock::now() + patience_;
  }
  return true;
}

bool Socket::take(Frame& type, std::string& body) {
  Head head{};
  if (broken_ || in_.size() < sizeof head) return false;
  std::memcpy(&head, in_.data(), sizeof head);
  broken_ = head.size > kLongest;
  if (broken_ || in_.size() - sizeof head < head.size) return false;
  type = static_cast<Frame>(head.type);
  body.assign(in_, sizeof head, head.size);
  in_.erase(0, sizeof head + head.size);
  return true;
}

// False at the end.
bool Socket::receive() {
  char bytes[16 * 1024];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostDescriptors)];
  iovec piece{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (taken_ == Descriptors::taken) {  // else the system drops them
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  const ssize_t got = recvmsg(descriptor_.number(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    std::vector<int> numbers((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(numbers.data(), CMSG_DATA(head), sizeof(int) * numbers.size());
    for (const int number : numbers) descriptors_.emplace_back(number);
  }
  in_.append(bytes, static_cast<std::size_t>(got));
  return got > 0;
}

Socket::Outcome Socket::read(Frame& type, std::string& body, Clock::time_point until) {
  while (true) {
    if (take(type, body)) return Outcome::frame;
    if (broken_) return Outcome::ended;
    if (!wait_for(descriptor_.number(), POLLIN, until)) return Outcome::nothing;
    if (!receive()) return take(type, body) ? Outcome::frame : Outcome::ended;
  }
}

std::vector<Owned> Socket::take_descriptors() { return std::exchange(descriptors_, {}); }

}  // namespace trellis::isolation
