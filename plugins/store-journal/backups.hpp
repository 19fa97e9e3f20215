// Backups of a running store: one at a time, each on a thread of its own.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <trellis/backup.hpp>

#include "engine/backup.hpp"
#include "engine/journal.hpp"

namespace store_journal {

/// What is wrong with the name of a backup, or empty: it must lead to one folder and nowhere else.
std::string name_fault(std::string_view name);

class Backups {
 public:
  /// Called with every backup that ended, on its thread.
  using Ended = std::function<void(const trellis::Backup& backup, const std::string& path)>;
  /// folder: below which they lie; empty: nowhere. The journal is open for as long as this lives.
  Backups(std::string folder, journal::Journal& journal, Ended ended)
      : folder_(std::move(folder)), journal_(journal), ended_(std::move(ended)) {}
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;
  /// Ends one that is under way; nothing is left of it.
  ~Backups();

  // Both from any thread.
  trellis::Result<void> begin(std::string_view name);
  trellis::Backup now() const;

 private:
  void run(const std::string& path);

  const std::string folder_;
  journal::Journal& journal_;
  const Ended ended_;
  mutable std::mutex mutex_;
  trellis::Backup last_;
  journal::BackupProgress progress_;
  std::thread thread_;
};

}  // namespace store_journal
