#include "descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace files {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

trellis::Error failure(std::string_view what, std::string_view name, int code) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return trellis::fail(
      "cannot " + std::string(what) + " " + std::string(name) + ": " + std::generic_category().message(code),
      full ? trellis::Status::quota : trellis::Status::internal);
}

trellis::Result<Descriptor> open_folder(const Descriptor& below, const std::string& name) {
  if (::mkdirat(below.get(), name.c_str(), 0750) == 0) {
    if (::fsync(below.get()) != 0) return failure("sync the folder of", name, errno);
  } else if (errno != EEXIST) {
    return failure("create the folder", name, errno);
  }
  Descriptor folder(::openat(below.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return failure("open the folder", name, errno);
  return folder;
}

trellis::Result<void> write_all(const Descriptor& file, std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("write", name, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return trellis::ok();
}

}  // namespace files
