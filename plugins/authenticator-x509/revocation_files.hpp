// The files of revocation lists, read again when they change.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <trellis/result.hpp>
#include <vector>

#include "revocation.hpp"
#include "watched_file/watched_file.hpp"

namespace x509 {

/// One thread looks at all of them. load(), watch() and stop() belong to the control thread.
class RevocationFiles {
 public:
  /// Told of each file that was read again, by the watching thread; an empty error when it went well.
  using Report = std::function<void(const std::string& path, const std::string& error)>;

  explicit RevocationFiles(const std::vector<std::string>& paths);
  ~RevocationFiles() { stop(); }
  RevocationFiles(const RevocationFiles&) = delete;
  RevocationFiles& operator=(const RevocationFiles&) = delete;

  /// Reads all of them.
  trellis::Result<void> load();
  void watch(std::chrono::milliseconds interval, Report report);
  void stop();

  /// The lists of all files, of each what it said when it was last in order. [any] after load()
  std::shared_ptr<const RevocationLists> lists() const;

 private:
  using File = common::WatchedFile<std::vector<RevocationListPtr>>;
  struct Watched {
    std::string path;
    std::unique_ptr<File> file;
  };

  std::vector<Watched> files_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace x509
