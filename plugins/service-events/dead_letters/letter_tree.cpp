#include "letter_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace events_service {
namespace {

constexpr std::size_t kLevels = 4;  // year, month, day, hour

trellis::Error failure(const char* what, const std::string& path, int code = errno) {
  return trellis::fail("cannot " + std::string(what) + " " + path + ": " + std::generic_category().message(code),
                       code == ENOENT ? trellis::Status::no_match : trellis::Status::unavailable);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  /// False where the system says now that something was not written.
  bool close() noexcept { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

trellis::Result<void> sync_folder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return failure("sync the folder", path);
  return trellis::ok();
}

// A folder that is new has to be kept by the one it is in, too.
trellis::Result<void> make_folder(const std::string& parent, const std::string& path) {
  if (::mkdir(path.c_str(), 0750) == 0) return sync_folder(parent);
  return errno == EEXIST ? trellis::ok() : failure("create the folder", path);
}

trellis::Result<void> make_folders(const std::string& root, const std::string& below) {
  for (std::size_t end = 0; end != std::string::npos;) {
    const std::size_t begin = end + 1;
    end = below.find('/', begin);
    auto made = make_folder(root + below.substr(0, begin - 1), root + below.substr(0, end));
    if (!made) return made;
  }
  return trellis::ok();
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

trellis::Result<void> write_file(const std::string& path, std::string_view text) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (file.get() < 0) return failure("create", path);
  if (!write_all(file.get(), text) || ::fsync(file.get()) != 0 || !file.close()) return failure("write", path);
  return trellis::ok();
}

}  // namespace

trellis::Result<void> LetterTree::write(std::string_view folder, std::string_view id, std::string_view text) const {
  const auto path = letter_path(folder, id);
  if (!path) return trellis::fail("the id of a dead letter is none: " + std::string(id));
  const std::string below = '/' + path->substr(0, path->rfind('/'));
  if (!size_.has_room(root_, text.size())) {
    return trellis::fail(root_ + " would have more than the " + std::to_string(size_.most()) +
                             " bytes that dead_letters.folder_bytes allows",
                         trellis::Status::unavailable);
  }
  if (how_ == Root::is_made) {
    if (auto made = make_folder(folder_of(root_), root_); !made) return made;
  }
  if (auto made = make_folders(root_, below); !made) return made;
  const std::string whole = root_ + '/' + *path;
  const std::string unfinished = root_ + below + "/." + std::string(id) + ".unfinished";
  auto written = write_file(unfinished, text);
  if (written && ::rename(unfinished.c_str(), whole.c_str()) != 0) written = failure("rename", unfinished);
  if (!written) {
    ::unlink(unfinished.c_str());
    return written;
  }
  size_.add(text.size());
  return sync_folder(root_ + below);
}

trellis::Result<std::string> LetterTree::read(std::string_view folder, std::string_view id,
                                              std::size_t most_bytes) const {
  const auto no_such_file = [] { return trellis::fail("there is no such file", trellis::Status::no_match); };
  const auto below = letter_path(folder, id);
  if (!below) return no_such_file();
  const std::string path = root_ + '/' + *below;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  // Clients are told, whom the path does not concern.
  if (file.get() < 0 && errno == ENOENT) return no_such_file();
  struct stat facts {};
  if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) return failure("open", path);
  if (!S_ISREG(facts.st_mode)) return failure("read", path, EINVAL);
  if (static_cast<std::size_t>(facts.st_size) > most_bytes) return failure("read", path, EFBIG);
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

trellis::Result<void> LetterTree::remove(std::string_view folder, std::string_view id) const {
  const auto below = letter_path(folder, id);
  if (!below) return trellis::ok();
  const std::string file = root_ + '/' + *below;
  std::string path = file.substr(0, file.rfind('/'));
  struct stat facts {};
  const bool known = ::stat(file.c_str(), &facts) == 0;
  if (::unlink(file.c_str()) != 0) return errno == ENOENT ? trellis::ok() : failure("remove", file);
  if (known) size_.remove(static_cast<std::uint64_t>(facts.st_size));
  if (auto synced = sync_folder(path); !synced) return synced;
  for (std::size_t level = 0; level < kLevels && ::rmdir(path.c_str()) == 0; ++level) path.resize(path.rfind('/'));
  return trellis::ok();
}

trellis::Result<std::vector<std::string>> LetterTree::names_in(const std::string& below) const {
  const std::string path = root_ + '/' + below;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  std::vector<std::string> names;
  if (folder == nullptr && errno == ENOENT) return names;
  if (folder == nullptr) return failure("read the folder", path);
  while (const dirent* const entry = ::readdir(folder.get())) names.emplace_back(entry->d_name);
  return names;
}

}  // namespace events_service
