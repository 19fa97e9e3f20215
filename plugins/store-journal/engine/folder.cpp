// The disk as the operating system offers it.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "disk.hpp"

namespace journal {
namespace {

class RealFile final : public File {
 public:
  explicit RealFile(int fd) : fd_(fd) {}
  ~RealFile() override { ::close(fd_); }

  Errno read(std::uint64_t at, std::span<char> into, std::size_t& got) override {
    got = 0;
    while (got < into.size()) {
      const ssize_t n = ::pread(fd_, into.data() + got, into.size() - got, static_cast<off_t>(at + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno;
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return 0;
  }

  Errno write(std::uint64_t at, std::span<const std::string_view> pieces) override {
    constexpr std::size_t kMost = 512;  // below IOV_MAX everywhere
    std::array<iovec, kMost> vectors;
    while (!pieces.empty()) {
      const std::size_t count = std::min(kMost, pieces.size());
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
        size += pieces[i].size();
      }
      if (const Errno code = write_vectors(at, std::span(vectors).first(count), size); code != 0) return code;
      at += size;
      pieces = pieces.subspan(count);
    }
    return 0;
  }

  Errno sync() override { return ::fdatasync(fd_) == 0 ? 0 : errno; }

  Errno allocate(std::uint64_t size) override {
    const int code = ::posix_fallocate(fd_, 0, static_cast<off_t>(size));
    return code;
  }
  Errno truncate(std::uint64_t size) override { return ::ftruncate(fd_, static_cast<off_t>(size)) == 0 ? 0 : errno; }
  Errno size(std::uint64_t& bytes) override {
    struct stat facts {};
    if (::fstat(fd_, &facts) != 0) return errno;
    bytes = static_cast<std::uint64_t>(facts.st_size);
    return 0;
  }

 private:
  // A short write goes on where it stopped; the reason for it, if there is one, comes then.
  Errno write_vectors(std::uint64_t at, std::span<iovec> left, std::size_t size) const {
    while (size > 0) {
      const ssize_t n = ::pwritev(fd_, left.data(), static_cast<int>(left.size()), static_cast<off_t>(at));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno;
      if (n == 0) return ENOSPC;
      at += static_cast<std::uint64_t>(n);
      size -= static_cast<std::size_t>(n);
      auto done = static_cast<std::size_t>(n);
      while (!left.empty() && done >= left.front().iov_len) {
        done -= left.front().iov_len;
        left = left.subspan(1);
      }
      if (done > 0) {
        left.front().iov_base = static_cast<char*>(left.front().iov_base) + done;
        left.front().iov_len -= done;
      }
    }
    return 0;
  }

  int fd_;
};

std::string read_holder(int lock) {
  std::array<char, 32> text{};
  const ssize_t n = ::pread(lock, text.data(), text.size(), 0);
  std::string out(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  out.erase(std::find_if(out.begin(), out.end(), [](char c) { return c < '0' || c > '9'; }), out.end());
  return out;
}

}  // namespace

std::string errno_text(Errno code) { return std::generic_category().message(code); }

Errno sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const Errno code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return code;
}

std::string make_folder(const std::string& path, const std::function<Errno(const std::string&)>& sync) {
  std::error_code error;
  std::filesystem::path made = std::filesystem::absolute(path, error).lexically_normal();
  if (!made.has_filename()) made = made.parent_path();
  std::vector<std::filesystem::path> missing;
  for (; !error && !std::filesystem::exists(made, error) && made != made.root_path(); made = made.parent_path()) {
    missing.push_back(made);
  }
  if (!error) std::filesystem::create_directories(path, error);
  if (error) return "cannot make the folder " + path + ": " + error.message();
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    const std::string parent = at->parent_path().string();
    if (const Errno code = sync(parent); code != 0) {
      return "cannot bring the folder " + at->string() + " to the medium: " + parent + ": " + errno_text(code);
    }
  }
  return {};
}

Folder::~Folder() {
  if (lock_ >= 0) ::close(lock_);
  if (folder_ >= 0) ::close(folder_);
}

std::string Folder::open() {
  folder_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return folder_ < 0 ? "cannot open the folder " + path_ + ": " + errno_text(errno) : std::string();
}

std::string Folder::open_to_read() {
  reads_ = true;
  return open();
}

std::string Folder::open_locked() {
  if (std::string why = make_folder(path_, sync_folder); !why.empty()) return why;
  if (std::string why = open(); !why.empty()) return why;
  lock_ = ::openat(folder_, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return "cannot write in the folder " + path_ + ": lock: " + errno_text(errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return "cannot lock " + path_ + "/lock: " + errno_text(errno);
    const std::string holder = read_holder(lock_);
    return path_ + " is in use by " + (holder.empty() ? "another process" : "process " + holder) +
           "; two never share a folder";
  }
  const std::string mine = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, mine.data(), mine.size(), 0) < 0) {
    // Only the text of an error would be poorer for it; a full disk must not stop the start.
    return {};
  }
  return {};
}

Errno Folder::open(const std::string& name, Mode mode, std::shared_ptr<File>& file) {
  const int flags = (reads_ ? O_RDONLY : O_RDWR) | O_CLOEXEC | (mode == Mode::create ? O_CREAT | O_EXCL : 0);
  const int fd = ::openat(folder_, name.c_str(), flags, 0600);
  if (fd < 0) return errno;
  file = std::make_shared<RealFile>(fd);
  return 0;
}

Errno Folder::rename(const std::string& from, const std::string& to) {
  return ::renameat(folder_, from.c_str(), folder_, to.c_str()) == 0 ? 0 : errno;
}

Errno Folder::remove(const std::string& name) { return ::unlinkat(folder_, name.c_str(), 0) == 0 ? 0 : errno; }

Errno Folder::list(std::vector<std::string>& names) {
  std::error_code error;
  names.clear();
  for (std::filesystem::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  return error.value();
}

Errno Folder::sync_names() { return ::fsync(folder_) == 0 ? 0 : errno; }

Errno Folder::free_bytes(std::uint64_t& bytes) {
  struct statvfs facts {};
  if (::fstatvfs(folder_, &facts) != 0) return errno;
  bytes = static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
  return 0;
}

}  // namespace journal
