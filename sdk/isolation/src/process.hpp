// One life of a plugin's process, as the broker sees it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "channel.hpp"
#include "socket.hpp"

namespace trellis::isolation {

/// From its start to its end; whoever holds it may look at it after that. Questions by the socket are asked by one
/// thread at a time; the rings belong to the shards.
class Process {
 public:
  /// Starts this program as a plugin's host. library: descriptor of the file to load, or none for a part of the
  /// program. whole_environment: it gets all of the broker's variables. Null with error set.
  static std::shared_ptr<Process> start(int library, bool whole_environment, std::string& error);
  /// Ends it, however it may be, and waits for that.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Asks by the socket and waits for the answer. others: told of what comes before it. Nothing where the process does
  /// not live so long, or does not answer in time, which ends it.
  using Others = std::function<void(Frame type, std::string_view body)>;
  std::optional<std::string> ask(Frame type, std::string_view body, std::chrono::milliseconds deadline,
                                 const Others& others, const std::vector<int>& descriptors = {});
  Socket& socket() noexcept { return socket_; }
  /// Readable once the process is over; -1 where the system does not know such descriptors.
  int ends_at() const noexcept { return pidfd_.number(); }
  pid_t id() const noexcept { return id_; }

  /// It is over, or not worth asking any more. [any]
  bool dead() const noexcept { return dead_.load(std::memory_order_acquire); }
  /// Its end; why: a clause for the log, kept of the first who says so. [any]
  void give_up(const char* why) noexcept;
  /// Waits up to that time for it to end by itself, and then ends it. Says how it ended.
  std::string wait(std::chrono::milliseconds time);

  std::unique_ptr<Channels> channels;  // from its start on

 private:
  Process(pid_t id, Owned pidfd, Owned socket) noexcept
      : id_(id), pidfd_(std::move(pidfd)), socket_(std::move(socket), Socket::Descriptors::refused) {}
  void kill() noexcept;

  const pid_t id_;
  Owned pidfd_;
  Socket socket_;
  std::atomic<bool> dead_{false};
  std::atomic<const char*> why_{nullptr};
  std::uint64_t asked_ = 0;
  bool waited_for_ = false;
};

/// As the program is called with, to be a plugin's host.
constexpr const char* kHostVerb = "plugin-host";
/// Where the host finds what it inherits.
constexpr int kSocketDescriptor = 3;
constexpr int kLibraryDescriptor = 4;

}  // namespace trellis::isolation
