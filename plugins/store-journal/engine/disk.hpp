// What the journal asks of a disk: one folder of files. Tests put another in its place.
#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace journal {

/// 0, or the errno of what went wrong.
using Errno = int;

/// The disk, or what its user may have of it, is used up.
constexpr bool no_room(Errno code) noexcept { return code == ENOSPC || code == EDQUOT; }

/// One open file. Calls on different places may come from several threads.
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  /// Fills `into` from there on; `got` is less only at the end of the file.
  virtual Errno read(std::uint64_t at, std::span<char> into, std::size_t& got) = 0;
  /// Writes all pieces one behind the other, or fails; then any part of them may have been written.
  virtual Errno write(std::uint64_t at, std::span<const std::string_view> pieces) = 0;
  /// What was written before is on the medium. After a failure nothing is known of it.
  virtual Errno sync() = 0;
  /// The file has that size, and writing within it does not run out of space.
  virtual Errno allocate(std::uint64_t size) = 0;
  virtual Errno truncate(std::uint64_t size) = 0;
  virtual Errno size(std::uint64_t& bytes) = 0;

  Errno write(std::uint64_t at, std::string_view piece) { return write(at, std::span(&piece, 1)); }
};

/// The folder. Names have no slash.
class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  enum class Mode { existing, create };
  virtual Errno open(const std::string& name, Mode mode, std::shared_ptr<File>& file) = 0;
  /// Replaces what has the new name.
  virtual Errno rename(const std::string& from, const std::string& to) = 0;
  virtual Errno remove(const std::string& name) = 0;
  virtual Errno list(std::vector<std::string>& names) = 0;
  /// Names that came and went before are on the medium.
  virtual Errno sync_names() = 0;
  virtual Errno free_bytes(std::uint64_t& bytes) = 0;
};

/// "No space left on device".
std::string errno_text(Errno code);

/// Makes it where it is not there, with those above it, and calls sync() with each folder that got a new name in it.
/// The sentence of what is wrong, or empty.
std::string make_folder(const std::string& path, const std::function<Errno(const std::string&)>& sync);
Errno sync_folder(const std::string& path);

/// A folder of the operating system.
class Folder final : public Disk {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  ~Folder() override;

  /// Opens it without a lock, to reach single files; the sentence of what is wrong, or empty.
  std::string open();
  /// The same for a folder that may be on a medium that takes nothing.
  std::string open_to_read();
  /// Makes the folder where there is none and takes its lock; the sentence of what is wrong, or empty.
  std::string open_locked();

  Errno open(const std::string& name, Mode mode, std::shared_ptr<File>& file) override;
  Errno rename(const std::string& from, const std::string& to) override;
  Errno remove(const std::string& name) override;
  Errno list(std::vector<std::string>& names) override;
  Errno sync_names() override;
  Errno free_bytes(std::uint64_t& bytes) override;

 private:
  std::string path_;
  int folder_ = -1;
  int lock_ = -1;
  bool reads_ = false;
};

}  // namespace journal
