#include "line_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "rotated.hpp"

namespace files {
namespace {

// Whether the name is still of what was opened: somebody may have put it aside between.
bool is_still(const Descriptor& folder, const std::string& name, const struct stat& opened) {
  struct stat now {};
  return ::fstatat(folder.get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino == opened.st_ino &&
         now.st_dev == opened.st_dev;
}

}  // namespace

trellis::Result<LineFile> LineFile::open(const Descriptor& folder, const std::string& name) {
  Descriptor file(
      ::openat(folder.get(), name.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640));
  if (!file) return failure("open", name, errno);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return failure("open", name, errno);
  if (!S_ISREG(facts.st_mode)) return failure("write", name, EINVAL);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 || !is_still(folder, name, facts)) {
    return trellis::fail("another one writes " + name, trellis::Status::unavailable);
  }
  if (facts.st_size == 0 && ::fsync(folder.get()) != 0) return failure("sync the folder of", name, errno);
  LineFile opened(std::move(file), name);
  opened.size_ = static_cast<std::uint64_t>(facts.st_size);
  if (auto cut = opened.cut_tail(); !cut) return cut.error();
  opened.read_age();
  return opened;
}

// Up to the end of the last whole line.
trellis::Result<void> LineFile::cut_tail() {
  static constexpr std::uint64_t kChunk = std::uint64_t{64} << 10U;
  std::string chunk;
  std::uint64_t end = size_;
  while (end > 0) {
    const std::uint64_t begin = end - std::min(end, kChunk);
    chunk.resize(static_cast<std::size_t>(end - begin));
    std::size_t got = 0;
    while (got < chunk.size()) {
      const ssize_t more =
          ::pread(file_.get(), chunk.data() + got, chunk.size() - got, static_cast<off_t>(begin + got));
      if (more < 0 && errno == EINTR) continue;
      if (more <= 0) return failure("read", name_, more < 0 ? errno : EIO);
      got += static_cast<std::size_t>(more);
    }
    const std::size_t newline = chunk.rfind('\n');
    end = newline == std::string::npos ? begin : begin + newline + 1;
    if (newline != std::string::npos) break;
  }
  if (end == size_) return trellis::ok();
  if (::ftruncate(file_.get(), static_cast<off_t>(end)) != 0) return failure("cut the end of", name_, errno);
  cut_ = size_ - end;
  size_ = end;
  return trellis::ok();
}

void LineFile::read_age() {
  struct statx facts {};
  const bool told = ::statx(file_.get(), "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &facts) == 0;
  const statx_timestamp& time = told && (facts.stx_mask & STATX_BTIME) != 0 ? facts.stx_btime : facts.stx_mtime;
  // A file without lines has no age yet: append() gives it one.
  if (size_ > 0) born_ = std::chrono::milliseconds(time.tv_sec * 1000 + time.tv_nsec / 1'000'000);
}

bool LineFile::is_full(const Target& target, std::size_t more, std::chrono::milliseconds wall) const noexcept {
  if (size_ == 0) return false;
  return size_ + more > target.most_bytes || (target.most_age.count() > 0 && wall - born_ >= target.most_age);
}

trellis::Result<std::string> LineFile::put_aside(const Descriptor& folder, std::chrono::milliseconds wall) {
  for (int tries = 0; tries < 1000; ++tries, ++wall) {
    std::string aside = rotated_name(name_, wall);
    // Never over another one, though two may be full within a millisecond.
    if (::faccessat(folder.get(), (aside + ".gz").c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) continue;
    if (::faccessat(folder.get(), aside.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) continue;
    if (::renameat(folder.get(), name_.c_str(), folder.get(), aside.c_str()) != 0) {
      return failure("rename", name_, errno);
    }
    if (::fsync(folder.get()) != 0) return failure("sync the folder of", name_, errno);
    return aside;
  }
  return trellis::fail("too many files are called as " + rotated_name(name_, wall), trellis::Status::unavailable);
}

trellis::Result<void> LineFile::append(std::string_view lines) {
  auto written = write_all(file_, lines, name_);
  if (!written) {
    // What was written of them is no line that anybody may read.
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) == 0) return written;
    return trellis::fail(written.error().text + ", and its end cannot be cut off", trellis::Status::internal);
  }
  if (size_ == 0) {
    born_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  }
  size_ += lines.size();
  return trellis::ok();
}

trellis::Result<void> LineFile::sync() {
  return ::fdatasync(file_.get()) == 0 ? trellis::ok() : trellis::Result<void>(failure("sync", name_, errno));
}

}  // namespace files
