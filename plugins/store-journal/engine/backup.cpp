#include "backup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "format.hpp"
#include "journal.hpp"
#include "tools.hpp"

namespace journal {
namespace {

constexpr std::size_t kWindow = std::size_t{1} << 20;
constexpr const char* kStopped = "was stopped before it was whole";

/// Copied and not linked: a link would be the same bytes on the same medium, and whoever starts on one writes into
/// both.
std::string copy_part(const Cut::Part& part, BackupTarget& target, BackupProgress& progress) {
  const std::string name = target.path() + "/" + part.name;
  std::shared_ptr<File> file;
  if (const Errno code = target.disk().open(part.name, Disk::Mode::create, file); code != 0) {
    return name + " cannot be made: " + errno_text(code);
  }
  std::string window;
  std::size_t got = 0;
  for (std::uint64_t at = 0; at < part.size; at += got) {
    if (progress.stop) return target.path() + " " + kStopped;
    window.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kWindow, part.size - at)));
    if (const Errno code = part.file->read(at, window, got); code != 0) {
      return part.name + " of the store cannot be read at offset " + std::to_string(at) + ": " + errno_text(code);
    }
    if (got == 0) break;  // prepared and given back: nothing was there
    const Errno code = file->write(at, std::string_view(window).substr(0, got));
    if (code != 0) return name + " cannot be written: " + errno_text(code);
    progress.done_bytes += got;
  }
  const Errno code = file->sync();
  return code == 0 ? "" : name + " cannot be brought to the medium: " + errno_text(code);
}

std::string copy_parts(const Cut& cut, BackupTarget& target, BackupProgress& progress) {
  progress.total_bytes = cut.bytes();
  progress.step = BackupProgress::Step::copying;
  for (const Cut::Part& part : cut.parts) {
    if (std::string why = copy_part(part, target, progress); !why.empty()) return why;
  }
  const Errno code = target.disk().sync_names();
  return code == 0 ? "" : target.path() + " cannot be brought to the medium: " + errno_text(code);
}

/// Reads it as a start would. next_sequence 0: whatever it ends with.
std::string verify_copy(BackupTarget& target, std::uint64_t next_sequence, BackupProgress& progress) {
  progress.step = BackupProgress::Step::verifying;
  Ledger ledger;
  Index index(ledger);
  Recovered found;
  if (std::string why = recover(target.disk(), target.path(), ledger, index, found); !why.empty()) return why;
  if (!found.reports.empty()) return found.reports.front();
  if (next_sequence != 0 && found.next_sequence != next_sequence) {
    return target.path() + " ends before sequence " + std::to_string(found.next_sequence) + ", expected " +
           std::to_string(next_sequence);
  }
  const auto faults = check_contents(ledger, index, [&] { return !progress.stop; });
  if (progress.stop) return target.path() + " " + kStopped;
  if (faults.empty()) return {};
  return target.path() + "/" + faults.front() +
         (faults.size() == 1 ? "" : ", and " + std::to_string(faults.size() - 1) + " faults more");
}

std::string copy(const Cut& cut, std::uint64_t next_sequence, BackupTarget& target, BackupProgress& progress) {
  if (std::string why = target.begin(); !why.empty()) return why;
  std::string why = copy_parts(cut, target, progress);
  if (why.empty()) why = verify_copy(target, next_sequence, progress);
  if (why.empty()) why = target.end();
  if (!why.empty()) target.give_up();
  return why;
}

bool of_a_store(const std::string& name) { return segment_number(name) != 0 || checkpoint_sequence(name) != 0; }

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

std::string back_up(Journal& journal, BackupTarget& target, BackupProgress& progress) {
  Cut cut;
  if (std::string why = journal.cut(cut); !why.empty()) return why;
  return copy(cut, cut.next_sequence, target, progress);
}

std::string copy_store(Disk& from, BackupTarget& target, BackupProgress& progress) {
  std::vector<std::string> names;
  if (const Errno code = from.list(names); code != 0) return "cannot be listed: " + errno_text(code);
  std::sort(names.rbegin(), names.rend());  // checkpoints last
  Cut cut;
  for (const std::string& name : names) {
    if (!of_a_store(name)) continue;
    Cut::Part part{name, nullptr, 0};
    Errno code = from.open(name, Disk::Mode::existing, part.file);
    if (code == 0) code = part.file->size(part.size);
    if (code != 0) return name + " cannot be read: " + errno_text(code);
    cut.parts.push_back(std::move(part));
  }
  if (cut.parts.empty() || checkpoint_sequence(cut.parts.back().name) == 0) return "no checkpoint is there";
  return copy(cut, 0, target, progress);
}

// --- a folder of the operating system

BackupFolder::BackupFolder(std::string path, std::string replaced)
    : path_(std::move(path)),
      partial_(path_ + ".partial"),
      parent_(parent_of(path_)),
      replaced_(std::move(replaced)),
      folder_(partial_) {}

std::string BackupFolder::begin() {
  if (std::string why = make_folder(parent_, sync_folder); !why.empty()) return why;
  std::error_code error;
  const auto there = std::filesystem::symlink_status(path_, error);
  if (std::filesystem::exists(there)) {
    if (!std::filesystem::is_directory(there)) return path_ + " is there and no folder";
    if (replaced_.empty() && !std::filesystem::is_empty(path_, error)) return path_ + " is there and not empty";
  }
  // One that a crash left. It never counted.
  if (std::filesystem::is_directory(std::filesystem::symlink_status(partial_, error))) give_up();
  if (::mkdir(partial_.c_str(), 0700) != 0) {
    return errno == EEXIST ? partial_ + " is there and holds what no copy of a store does; move it away"
                           : "cannot make the folder " + partial_ + ": " + errno_text(errno);
  }
  return folder_.open();
}

std::string BackupFolder::end() {
  std::error_code error;
  if (!replaced_.empty() && std::filesystem::exists(path_, error)) {
    if (::rename(path_.c_str(), replaced_.c_str()) != 0) {
      return "cannot rename " + path_ + " to " + replaced_ + ": " + errno_text(errno);
    }
  }
  Errno code = ::rename(partial_.c_str(), path_.c_str()) == 0 ? 0 : errno;
  if (code != 0) return "cannot rename " + partial_ + " to " + path_ + ": " + errno_text(code);
  code = sync_folder(parent_);
  return code == 0 ? "" : path_ + " is there, but its name may not be on the medium: " + errno_text(code);
}

void BackupFolder::give_up() {
  std::error_code error;
  for (std::filesystem::directory_iterator at(partial_, error), end; !error && at != end; at.increment(error)) {
    if (!of_a_store(at->path().filename().string())) continue;
    std::error_code ignored;
    std::filesystem::remove(at->path(), ignored);
  }
  std::filesystem::remove(partial_, error);
}

}  // namespace journal
