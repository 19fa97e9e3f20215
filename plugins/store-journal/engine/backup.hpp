// A copy of a journal that goes on being written.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "cut.hpp"
#include "disk.hpp"

namespace journal {

class Journal;

/// Where a copy comes to lie. It has its name once it is whole, and never before.
class BackupTarget {
 public:
  BackupTarget() = default;
  BackupTarget(const BackupTarget&) = delete;
  BackupTarget& operator=(const BackupTarget&) = delete;
  virtual ~BackupTarget() = default;

  /// Makes it, empty, under another name. The sentence of why it cannot, or empty.
  virtual std::string begin() = 0;
  /// Its files, after begin().
  virtual Disk& disk() = 0;
  /// How sentences call it meanwhile.
  virtual const std::string& path() const = 0;
  /// Gives it its name. The sentence of why it cannot, or empty.
  virtual std::string end() = 0;
  /// Removes what is there, as far as that is possible.
  virtual void give_up() = 0;
};

/// How far one is; written by the thread that copies, read and stopped by others.
struct BackupProgress {
  enum class Step : std::uint8_t { waiting, copying, verifying };
  std::atomic<Step> step = Step::waiting;
  std::atomic<std::uint64_t> done_bytes = 0;
  std::atomic<std::uint64_t> total_bytes = 0;
  std::atomic<bool> stop = false;
};

/// A folder of the operating system, `<path>.partial` until it is whole. `replaced`: where to move what is there
/// before, empty: nothing may be there.
class BackupFolder final : public BackupTarget {
 public:
  explicit BackupFolder(std::string path, std::string replaced = {});
  std::string begin() override;
  Disk& disk() override { return folder_; }
  const std::string& path() const override { return partial_; }
  std::string end() override;
  void give_up() override;

 private:
  std::string path_;
  std::string partial_;
  std::string parent_;
  std::string replaced_;
  Folder folder_;
};

/// Copies what is there now, reads the copy as a start would, with every entry and record, and gives it its name. Takes
/// long, and as much memory as another index. The sentence of why it could not, or empty; then nothing is left of it.
/// Call it on a thread of its own, between the journal's open() and stop().
std::string back_up(Journal& journal, BackupTarget& target, BackupProgress& progress);

/// The same of a store that nobody writes to, which the target gets as it is.
std::string copy_store(Disk& from, BackupTarget& target, BackupProgress& progress);

}  // namespace journal
