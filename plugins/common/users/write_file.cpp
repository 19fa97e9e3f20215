// Write, flush, rename.
#include "write_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace common {
namespace {

std::string failure(const char* what, const std::string& path) {
  return "cannot " + std::string(what) + " " + path + ": " + std::generic_category().message(errno);
}

/// Where a chain of symbolic links ends; the path itself where it does not exist yet.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real == nullptr ? path : std::string(real.get());
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

/// Gives the new file the owner and mode of the one it replaces: root edits files the broker's user must read.
bool take_over_rights(int file, const struct stat& old) {
  if (::fchmod(file, old.st_mode & 0770) != 0) return false;
  struct stat own {};
  if (::fstat(file, &own) != 0) return false;
  if (own.st_uid == old.st_uid && own.st_gid == old.st_gid) return true;
  return ::fchown(file, old.st_uid, old.st_gid) == 0;
}

}  // namespace

std::string replace_file(const std::string& path, std::string_view text) {
  const std::string target = resolved(path);
  std::string pattern = target + ".XXXXXX";
  const int file = ::mkstemp(pattern.data());  // 0600
  if (file < 0) return failure("create a file beside", target);
  struct stat old {};
  std::string error;
  if (::stat(target.c_str(), &old) == 0 && !take_over_rights(file, old)) {
    error = failure("keep the owner of", target);
  } else if (!write_all(file, text) || ::fsync(file) != 0) {
    error = failure("write", pattern);
  }
  if (::close(file) != 0 && error.empty()) error = failure("write", pattern);
  if (error.empty() && std::rename(pattern.c_str(), target.c_str()) != 0) error = failure("replace", target);
  if (!error.empty()) ::unlink(pattern.c_str());
  return error;
}

}  // namespace common
