#include "backups.hpp"

#include <algorithm>

namespace store_journal {

using trellis::Backup;
using trellis::BackupState;
using trellis::fail;
using trellis::Status;

std::string name_fault(std::string_view name) {
  const bool plain = !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
                     std::ranges::all_of(name, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                              c == '_' || c == '-';
                     });
  if (!plain) {
    return "a backup has a name of 1 to 100 letters, digits, '.', '_' and '-', beginning with a letter, a digit or "
           "'_'; "
           "it becomes a folder below the store's \"backups\"";
  }
  return name.ends_with(".partial") ? "\".partial\" is for backups that are not whole" : "";
}

Backups::~Backups() {
  progress_.stop = true;
  if (thread_.joinable()) thread_.join();
}

trellis::Result<void> Backups::begin(std::string_view name) {
  if (folder_.empty()) {
    return fail(
        "no place for backups is configured: set \"backups\" of the store's plugin to a folder of the broker's machine",
        Status::unsupported);
  }
  if (std::string fault = name_fault(name); !fault.empty()) return fail(std::move(fault), Status::invalid);
  const std::lock_guard lock(mutex_);
  if (last_.state == BackupState::copying || last_.state == BackupState::verifying) {
    return fail("the backup \"" + last_.name + "\" is under way; one is made at a time", Status::unavailable);
  }
  if (thread_.joinable()) thread_.join();  // it has said how it ended
  last_ = {BackupState::copying, last_.number + 1, 0, 0, std::string(name), {}};
  progress_.step = journal::BackupProgress::Step::waiting;
  progress_.done_bytes = progress_.total_bytes = 0;
  thread_ = std::thread([this, path = folder_ + "/" + last_.name] { run(path); });
  return trellis::ok();
}

void Backups::run(const std::string& path) {
  journal::BackupFolder target(path);
  std::string why;
  try {
    why = journal::back_up(journal_, target, progress_);
  } catch (const std::exception& exception) {  // no memory for the second index
    target.give_up();
    why = exception.what();
  }
  Backup ended = now();
  ended.state = why.empty() ? BackupState::done : BackupState::failed;
  ended.reason = std::move(why);
  ended_(ended, path);
  const std::lock_guard lock(mutex_);
  last_ = std::move(ended);
}

Backup Backups::now() const {
  const std::lock_guard lock(mutex_);
  Backup out = last_;
  if (out.state != BackupState::copying) return out;
  out.total_bytes = progress_.total_bytes;
  out.done_bytes = progress_.done_bytes;
  if (progress_.step == journal::BackupProgress::Step::verifying) out.state = BackupState::verifying;
  return out;
}

}  // namespace store_journal
