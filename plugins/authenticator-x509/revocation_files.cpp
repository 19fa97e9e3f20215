#include "revocation_files.hpp"

#include <string_view>
#include <utility>

namespace x509 {

RevocationFiles::RevocationFiles(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    files_.push_back({path, std::make_unique<File>(path, [path](std::string_view text, std::string& error) {
                        using Lists = std::vector<RevocationListPtr>;
                        auto lists = read_revocation_lists(text);
                        if (lists) return std::make_shared<const Lists>(std::move(lists).value());
                        error = path + ": " + lists.error().text;
                        return std::shared_ptr<const Lists>();
                      })});
  }
}

trellis::Result<void> RevocationFiles::load() {
  for (const Watched& one : files_) {
    std::string error;
    if (!one.file->load(error)) return trellis::fail(error);
  }
  return trellis::ok();
}

void RevocationFiles::watch(std::chrono::milliseconds interval, Report report) {
  if (files_.empty()) return;
  stopping_ = false;
  thread_ = std::thread([this, interval, report = std::move(report)] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) {
      lock.unlock();
      for (const Watched& one : files_) {
        std::string error;
        if (one.file->refresh(error)) report(one.path, error);
      }
      lock.lock();
    }
  });
}

void RevocationFiles::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const RevocationLists> RevocationFiles::lists() const {
  std::vector<RevocationListPtr> all;
  for (const Watched& one : files_) {
    const auto some = one.file->snapshot();
    all.insert(all.end(), some->begin(), some->end());
  }
  return std::make_shared<RevocationLists>(std::move(all));
}

}  // namespace x509
