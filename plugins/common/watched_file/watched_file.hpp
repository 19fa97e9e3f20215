// A file of rules or users that is read again when it changes, while many threads use what was read before.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace common {

/// Identifies one state of a file well enough to notice that it was written or replaced.
struct FileStamp {
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
  uint64_t size = 0;
  uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

/// Reads a whole file. On failure answers false and says why in `error`.
inline bool read_whole_file(const std::string& path, std::string& text, FileStamp& stamp, std::string& error) {
  constexpr int64_t kMost = 64 << 20;  // a path to a disk or a log by mistake must not fill the memory
  const auto failed = [&](const char* what) {
    error = "cannot " + std::string(what) + " " + path + ": " + std::generic_category().message(errno);
    return false;
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a named pipe must not hold us up
  if (file < 0) return failed("open");
  struct Closer {
    int file;
    ~Closer() { ::close(file); }
  } const closer{file};
  struct stat found {};
  if (::fstat(file, &found) != 0) return failed("read");
  if (!S_ISREG(found.st_mode) || found.st_size > kMost) {
    error = path + (S_ISREG(found.st_mode) ? " is larger than 64 MiB" : " is not a regular file");
    return false;
  }
  stamp = {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, static_cast<uint64_t>(found.st_size), found.st_ino};
  text.clear();
  char piece[65536];
  for (;;) {
    const ssize_t got = ::read(file, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read");
    if (got == 0) return true;
    text.append(piece, static_cast<size_t>(got));
    if (text.size() > static_cast<size_t>(kMost)) {
      error = path + " is larger than 64 MiB";
      return false;
    }
  }
}

/// What a file says, as a `T`, kept up to date.
///
/// load(), watch() and stop() belong to the control thread. The watching thread only looks at the file's stamp until
/// that changes. A file that cannot be read or parsed leaves the last good snapshot in place. Readers keep a copy of
/// the snapshot and compare version(), which costs one atomic load, before they take a new one.
template <class T>
class WatchedFile {
 public:
  /// Makes a T of the text or answers null and says why in `error`.
  using Parse = std::function<std::shared_ptr<const T>(std::string_view text, std::string& error)>;
  /// Told the outcome of each reading after the first: an empty error when it went well. Called by the watching thread.
  using Report = std::function<void(const std::string& error)>;

  WatchedFile(std::string path, Parse parse) : path_(std::move(path)), parse_(std::move(parse)) {}
  ~WatchedFile() { stop(); }
  WatchedFile(const WatchedFile&) = delete;
  WatchedFile& operator=(const WatchedFile&) = delete;

  /// Reads the file, whether it changed or not.
  bool load(std::string& error) {
    std::string text;
    FileStamp stamp;
    if (!read_whole_file(path_, text, stamp, error)) return false;
    seen_ = stamp;
    auto made = parse_(text, error);
    if (made == nullptr) return false;
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(made);
    version_.fetch_add(1, std::memory_order_release);
    return true;
  }

  /// Reads the file if it changed since the last look. Answers whether it tried to; `error` tells how that went.
  bool refresh(std::string& error) {
    struct stat found {};
    if (::stat(path_.c_str(), &found) != 0) {
      if (std::exchange(missing_, true)) return false;
      error = "cannot find " + path_ + ": " + std::generic_category().message(errno);
      return true;
    }
    const FileStamp stamp{found.st_mtim.tv_sec, found.st_mtim.tv_nsec, static_cast<uint64_t>(found.st_size),
                          found.st_ino};
    if (!std::exchange(missing_, false) && stamp == seen_) return false;
    seen_ = stamp;  // also after a failure: the same mistake is reported once
    load(error);
    return true;
  }

  /// Puts something else in its place, as if the file said so, until that changes again.
  void put(std::shared_ptr<const T> instead) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(instead);
    version_.fetch_add(1, std::memory_order_release);
  }

  /// Starts a thread that looks at the file every `interval`, and calls `also` before, where there is one: for what an
  /// owner wants done beside its readers.
  void watch(std::chrono::milliseconds interval, Report report, std::function<void()> also = {}) {
    stopping_ = false;
    thread_ = std::thread([this, interval, report = std::move(report), also = std::move(also)] {
      std::unique_lock lock(mutex_);
      while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) {
        lock.unlock();
        if (also) also();
        std::string error;
        if (refresh(error)) report(error);
        lock.lock();
      }
    });
  }

  /// Ends the watching thread. May be called twice.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  /// Grows with every new snapshot; 0 before the first. [any]
  uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

  /// The last good content; null before the first. [any]
  std::shared_ptr<const T> snapshot() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

 private:
  const std::string path_;
  const Parse parse_;
  FileStamp seen_;        // control thread, then only the watching thread
  bool missing_ = false;  // the same
  mutable std::mutex mutex_;
  std::shared_ptr<const T> snapshot_;  // guarded by mutex_
  bool stopping_ = false;              // guarded by mutex_
  std::condition_variable wake_;
  std::atomic<uint64_t> version_{0};
  std::thread thread_;
};

}  // namespace common
