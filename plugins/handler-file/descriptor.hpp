// An open file or folder.
#pragma once

#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <utility>

namespace files {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// What the system said of the last call, as a sentence: "cannot write orders.jsonl: No space left on device". Of the
/// status quota where there is no room.
trellis::Error failure(std::string_view what, std::string_view name, int code);

/// The folder of that name below another, made where it is not there. No link is followed.
trellis::Result<Descriptor> open_folder(const Descriptor& below, const std::string& name);

/// All of it, or what went wrong.
trellis::Result<void> write_all(const Descriptor& file, std::string_view text, std::string_view name);

}  // namespace files
