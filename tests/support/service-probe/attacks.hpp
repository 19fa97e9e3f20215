// What a plugin may try that means harm to the broker. Each answers "ok", or the name of the error that stopped it.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace probe {

inline std::string outcome(bool done) { return done ? "ok" : strerrorname_np(errno); }

/// The memory shared with the broker; empty where it cannot be looked for.
inline std::string_view shared_memory() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:trellis-plugin") == std::string::npos) continue;
    const std::size_t dash = line.find('-');
    const std::uintptr_t begin = std::stoull(line.substr(0, dash), nullptr, 16);
    const std::uintptr_t end = std::stoull(line.substr(dash + 1), nullptr, 16);
    return {reinterpret_cast<const char*>(begin), end - begin};  // NOLINT(performance-no-int-to-ptr): it stands there
  }
  return {};
}

/// Writes over all of it.
inline std::string scribble() {
  const std::string_view all = shared_memory();
  std::memset(const_cast<char*>(all.data()), 0x5A, all.size());
  return "ok";
}

/// Writes frames into the first shard's ring as fast as they are taken, and never ends.
[[noreturn]] inline void flood() {
  constexpr std::size_t kRing = 4 * 1024 * 1024;  // behind a page with the counts; the second one is to the broker
  char* const ring = const_cast<char*>(shared_memory().data()) + 4096 + kRing;
  auto& written = *reinterpret_cast<std::atomic<std::uint64_t>*>(ring);
  auto& read = *reinterpret_cast<std::atomic<std::uint64_t>*>(ring + 64);
  auto& sleeps = *reinterpret_cast<std::atomic<std::uint32_t>*>(ring + 128);
  constexpr std::uint64_t kFrame = std::uint64_t{81} << 32U | 8;  // nobody waits for what it settles
  std::uint64_t at = written;
  const auto put = [&](std::uint64_t word) {
    std::memcpy(ring + 4096 + at % kRing, &word, sizeof word);
    at += sizeof word;
  };
  while (true) {
    while (at + 16 - read > kRing) {
    }
    put(kFrame);
    put(0);
    written = at;
    // Once there is so much that it is written faster than it is read.
    if (at - read < kRing / 2 || sleeps.exchange(0) == 0) continue;
    const std::uint64_t one = 1;  // whichever of them wakes the broker
    for (int number = 3; number < 64; ++number) {
      if (::send(number, "", 0, MSG_DONTWAIT) < 0 && errno == ENOTSOCK) static_cast<void>(::write(number, &one, 8));
    }
  }
}

/// Has the system send a signal for it.
inline std::string signal_by_descriptor(int how) {
  int ends[2];
  const bool sockets = how == 2;  // pipes do not know the call
  if ((sockets ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) : ::pipe2(ends, O_CLOEXEC)) != 0)
    return outcome(false);
  bool done = true;
  if (how == 0) done = ::fcntl(ends[0], F_SETOWN, ::getppid()) == 0 && ::fcntl(ends[0], F_SETSIG, SIGKILL) == 0;
  if (how == 1) {
    f_owner_ex owner{F_OWNER_PID, ::getppid()};
    done = ::fcntl(ends[0], F_SETOWN_EX, &owner) == 0 && ::fcntl(ends[0], F_SETSIG, SIGKILL) == 0;
  }
  if (how == 2) {
    int parent = ::getppid();
    done = ::ioctl(ends[0], FIOSETOWN, &parent) == 0;  // the signal is SIGIO then
  }
  done = done && ::fcntl(ends[0], F_SETFL, O_ASYNC) == 0 && ::write(ends[1], "x", 1) == 1;
  return outcome(done);
}

/// Takes files away from the broker. The limits lie where the lower half of their address is 0.
inline std::string limit_the_broker() {
  constexpr std::uintptr_t kThere = std::uintptr_t{0x200} << 32U;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the address is what matters
  void* const got = ::mmap(reinterpret_cast<void*>(kThere), 4096, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (got == MAP_FAILED) return outcome(false);
  auto* const limit = new (got) rlimit{4, 4};
  return outcome(::syscall(SYS_prlimit64, ::getppid(), RLIMIT_NOFILE, limit, nullptr) == 0);
}

/// Sends descriptors nobody asked for by the socket, within frames that mean nothing.
inline std::string send_descriptors() {
  constexpr std::size_t kMany = 250;
  struct Frame {
    std::uint32_t size, type;
  } nothing{0, 21};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMany)] = {};
  iovec piece{&nothing, sizeof nothing};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int) * kMany);
  const std::vector<int> numbers(kMany, 1);
  std::memcpy(CMSG_DATA(head), numbers.data(), sizeof(int) * kMany);
  return outcome(::sendmsg(3, &message, MSG_NOSIGNAL) > 0);
}

/// Descriptors it inherited, beside the usual three.
inline std::string inherited() {
  std::string list;
  for (int number = 3; number < 4096; ++number) {
    if (::fcntl(number, F_GETFD) >= 0) list += std::to_string(number) + " ";
  }
  return list;
}

}  // namespace probe
