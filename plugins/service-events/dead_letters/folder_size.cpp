#include "folder_size.hpp"

#include <filesystem>
#include <system_error>

namespace events_service {
namespace {

constexpr std::chrono::minutes kLookAgain{1};

std::uint64_t size_of(const std::string& root) {
  namespace fs = std::filesystem;
  std::uint64_t bytes = 0;
  std::error_code code;
  fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, code);
  for (const fs::recursive_directory_iterator end; !code && at != end; at.increment(code)) {
    std::error_code gone;  // by somebody else, meanwhile
    if (!at->is_regular_file(gone) || gone) continue;
    const std::uintmax_t size = at->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace

bool FolderSize::has_room(const std::string& root, std::uint64_t bytes) {
  const auto fits = [&] { return looked_ && bytes <= most_ && bytes_ <= most_ - bytes; };
  if (fits()) return true;
  const auto now = Clock::now();
  if (looked_ && now - *looked_ < kLookAgain) return false;
  looked_ = now;
  bytes_ = size_of(root);
  return fits();
}

}  // namespace events_service
