// `trellis store restore`: a backup becomes the store of a broker.
#include <filesystem>

#include "engine/backup.hpp"
#include "store_command.hpp"

namespace store_journal {
namespace {

/// A backup has no lock; a store's folder has one, and must not be in use.
std::string open_backup(const std::string& path, journal::Folder& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return path + " is no folder";
  if (path.ends_with(".partial")) return path + " is a backup that was not finished";
  return std::filesystem::exists(path + "/lock", error) ? folder.open_locked() : folder.open_to_read();
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

int restore(const std::string& given_from, const std::string& given_to, bool replace, const trellis::Console& console) {
  const std::string from = without_slash(given_from);
  const std::string to = without_slash(given_to);
  const std::string replaced = to + ".replaced";
  std::error_code error;
  journal::Folder backup(from);
  if (const std::string why = open_backup(from, backup); !why.empty()) return fail(console, why);
  if (std::filesystem::equivalent(from, to, error)) return fail(console, from + " and " + to + " are the same");
  journal::Folder before(to);
  const bool there = std::filesystem::is_directory(to, error) && !std::filesystem::is_empty(to, error);
  if (there) {
    if (!replace) return fail(console, to + " is there and not empty; --replace moves it to " + replaced);
    if (std::filesystem::exists(replaced, error))
      return fail(console, replaced + " is there already; move it away first");
    if (const std::string why = open_existing(to, before); !why.empty()) return fail(console, why);
  }
  journal::BackupFolder target(to, there ? replaced : "");
  journal::BackupProgress progress;
  if (const std::string why = journal::copy_store(backup, target, progress); !why.empty()) {
    return fail(console, from + ": " + why);
  }
  console.out("restored " + from + " into " + to + ", " + std::to_string(progress.total_bytes) + " bytes" +
              (there ? "; what was there is in " + replaced : "") + "\n");
  return 0;
}

}  // namespace store_journal
