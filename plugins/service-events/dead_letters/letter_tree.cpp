#include "letter_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

#include "letter_id.hpp"

namespace events_service {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr std::size_t kLevels = 4;  // year, month, day, hour
using Hour = std::array<std::int64_t, kLevels>;

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

Hour hour_of(std::int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
          duration_cast<hours>(time - day).count()};
}

std::string hour_path(const Hour& hour) {
  std::string path;
  for (const std::int64_t number : hour) path += '/' + std::to_string(number);
  return path;
}

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
trellis::Result<void> make_folders(const std::string& root, const std::string& below) {
  for (std::size_t end = 0; end != std::string::npos;) {
    const std::size_t begin = end + 1;
    end = below.find('/', begin);
    const std::string parent = root + below.substr(0, begin - 1);
    const std::string path = root + below.substr(0, end);
    if (::mkdir(path.c_str(), 0750) == 0) {
      if (auto synced = sync_folder(parent); !synced) return synced;
    } else if (errno != EEXIST) {
      return failure("create the folder", path);
    }
  }
  return trellis::ok();
}

trellis::Result<void> write_file(const std::string& path, std::string_view text) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (file.get() < 0) return failure("create", path);
  if (!write_all(file.get(), text) || ::fsync(file.get()) != 0 || !file.close()) return failure("write", path);
  return trellis::ok();
}

// Names in a folder; none where it is not there.
trellis::Result<std::vector<std::string>> names_in(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  std::vector<std::string> names;
  if (folder == nullptr && errno == ENOENT) return names;
  if (folder == nullptr) return failure("read the folder", path);
  while (const dirent* const entry = ::readdir(folder.get())) names.emplace_back(entry->d_name);
  return names;
}

trellis::Result<std::vector<std::int64_t>> numbers_in(const std::string& path) {
  auto names = names_in(path);
  if (!names) return names.error();
  std::vector<std::int64_t> numbers;
  for (const std::string& name : names.value()) {
    std::int64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc() && std::to_string(number) == name) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

// Walks years, months, days and hours, then files, in their order.
class Walk {
 public:
  Walk(std::string_view from, const std::function<bool(const std::string&)>& function)
      : from_(from), function_(function) {
    if (const auto time = time_of_letter_id(from)) first_ = hour_of(*time);
  }

  trellis::Result<void> run(const std::string& path, std::size_t level, bool at_first) {
    if (level == kLevels) return files(path);
    const auto numbers = numbers_in(path);
    if (!numbers) return numbers.error();
    for (const std::int64_t number : numbers.value()) {
      if (over_) break;
      if (at_first && number < first_[level]) continue;
      auto walked = run(path + '/' + std::to_string(number), level + 1, at_first && number == first_[level]);
      if (!walked) return walked;
    }
    return trellis::ok();
  }

 private:
  trellis::Result<void> files(const std::string& path) {
    auto names = names_in(path);
    if (!names) return names.error();
    std::ranges::sort(names.value());
    for (const std::string& name : names.value()) {
      if (!name.ends_with(kSuffix)) continue;
      const std::string id = name.substr(0, name.size() - kSuffix.size());
      if (!time_of_letter_id(id) || id < from_) continue;
      over_ = !function_(id);
      if (over_) break;
    }
    return trellis::ok();
  }

  std::string_view from_;
  const std::function<bool(const std::string&)>& function_;
  Hour first_{};
  bool over_ = false;
};

}  // namespace

std::string path_part(std::string_view name) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

trellis::Result<void> LetterTree::write(std::string_view folder, std::string_view id, std::string_view text) const {
  const auto time = time_of_letter_id(id);
  if (!time) return trellis::fail("the id of a dead letter is none: " + std::string(id));
  const std::string below = '/' + std::string(folder) + hour_path(hour_of(*time));
  if (auto made = make_folders(root_, below); !made) return made;
  const std::string whole = root_ + below + '/' + std::string(id) + std::string(kSuffix);
  const std::string unfinished = root_ + below + "/." + std::string(id) + ".unfinished";
  auto written = write_file(unfinished, text);
  if (written && ::rename(unfinished.c_str(), whole.c_str()) != 0) written = failure("rename", unfinished);
  if (!written) {
    ::unlink(unfinished.c_str());
    return written;
  }
  return sync_folder(root_ + below);
}

trellis::Result<std::string> LetterTree::read(std::string_view folder, std::string_view id,
                                              std::size_t most_bytes) const {
  const auto time = time_of_letter_id(id);
  const auto no_such_file = [] { return trellis::fail("there is no such file", trellis::Status::no_match); };
  if (!time) return no_such_file();
  const std::string path =
      folder_path(folder) + hour_path(hour_of(*time)) + '/' + std::string(id) + std::string(kSuffix);
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
  const auto time = time_of_letter_id(id);
  if (!time) return trellis::ok();
  std::string path = folder_path(folder) + hour_path(hour_of(*time));
  const std::string file = path + '/' + std::string(id) + std::string(kSuffix);
  if (::unlink(file.c_str()) != 0) return errno == ENOENT ? trellis::ok() : failure("remove", file);
  if (auto synced = sync_folder(path); !synced) return synced;
  for (std::size_t level = 0; level < kLevels && ::rmdir(path.c_str()) == 0; ++level) path.resize(path.rfind('/'));
  return trellis::ok();
}

trellis::Result<void> LetterTree::for_each(std::string_view folder, std::string_view from,
                                           const std::function<bool(const std::string&)>& function) const {
  return Walk(from, function).run(folder_path(folder), 0, !from.empty());
}

}  // namespace events_service
