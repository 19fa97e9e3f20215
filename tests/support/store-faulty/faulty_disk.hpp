// The folder of a store-journal with a disk under it that fails, is slow or loses power as a test says.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "control.hpp"
#include "engine/disk.hpp"
#include "faults.hpp"
#include "medium_file.hpp"

namespace faulty {

/// Passes every call on to the real folder, unless a rule says otherwise (see Faults). It is told by the lines of the
/// file `faults` in the folder when it is opened, and through the socket `faults.sock` there while it is open: one
/// line, and one back, "ok …" or "error …". Beside rules:
///
///   clear             no rules any more; answers how often they struck
///   wait N            answers once they struck so often
///   hold on | off     what is written comes to the files with a sync only, its sectors in any order; names and sizes
///                     may get lost until then as well. What a sync that fails should have brought there is lost
///                     in parts
///   cut [none|all]    the power goes: of what is held nothing, everything or some comes to the files, the process is
///                     killed and there is no answer
///   free N | real     so many bytes are free on the disk
///   seed N            for what is random
class FaultyDisk final : public journal::Disk {
 public:
  explicit FaultyDisk(std::string path) : path_(path), folder_(std::move(path)) {}
  ~FaultyDisk() override;

  std::string open_locked();

  journal::Errno open(const std::string& name, Mode mode, std::shared_ptr<journal::File>& file) override;
  journal::Errno rename(const std::string& from, const std::string& to) override;
  journal::Errno remove(const std::string& name) override;
  journal::Errno list(std::vector<std::string>& names) override;
  journal::Errno sync_names() override;
  journal::Errno free_bytes(std::uint64_t& bytes) override;

 private:
  friend class FaultyFile;
  /// A change of names that a power cut may undo.
  struct Change {
    std::string from;   // empty: `to` was made
    std::string to;     // empty: `from` was removed
    std::string saved;  // where the file is that was removed or replaced; empty: there was none
  };

  /// Waits where a rule says so, and ends the process where one does; in a write it is done in part before.
  Verdict begin(Call call, std::string_view name);
  [[noreturn]] void end(Verdict::End how);
  [[noreturn]] void cut(double likelihood);
  [[noreturn]] void cut();
  std::string answer(const std::string& line);
  std::string set_hold(bool on);
  journal::Errno save(const std::string& name, std::string& saved);
  void settle_names();
  void undo(const Change& change);
  void settle_all();

  std::string path_;
  journal::Folder folder_;
  Faults faults_;
  std::atomic<std::uint64_t> free_{UINT64_MAX};
  std::atomic<bool> hold_{false};

  std::mutex mutex_;                                          // of what follows
  std::map<std::string, std::shared_ptr<MediumFile>> files_;  // by name, also those nobody has open
  std::vector<Change> changes_;
  std::uint64_t last_saved_ = 0;
  std::mt19937 random_{std::random_device{}()};
  std::unique_ptr<Control> control_;
};

}  // namespace faulty

namespace journal {
using faulty::FaultyDisk;
}
