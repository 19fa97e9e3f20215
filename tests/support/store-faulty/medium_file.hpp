// One file as a disk with a cache has it: what was written since the last sync lies in sectors that may get lost.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "engine/disk.hpp"

namespace faulty {

/// What is held is seen by those who read and is not in the file yet. Its disk locks.
class MediumFile {
 public:
  explicit MediumFile(std::shared_ptr<journal::File> file) : file_(std::move(file)) {}

  journal::File& file() { return *file_; }
  bool holds() const noexcept { return !sectors_.empty() || size_ != kAsFile; }

  journal::Errno read(std::uint64_t at, std::span<char> into, std::size_t& got);
  /// The first `bytes` of the pieces.
  journal::Errno hold(std::uint64_t at, std::span<const std::string_view> pieces, std::size_t bytes);
  journal::Errno hold_size(std::uint64_t size);
  journal::Errno truncate(std::uint64_t size);
  journal::Errno size(std::uint64_t& bytes);

  /// Everything that is held comes to the file, in any order.
  journal::Errno settle(std::mt19937& random) { return settle(random, 1); }
  /// As after a power cut: each sector with that likelihood. The others are gone.
  journal::Errno settle(std::mt19937& random, double likelihood);

 private:
  static constexpr std::uint64_t kSector = 512;
  static constexpr std::uint64_t kAsFile = UINT64_MAX;

  journal::Errno sector(std::uint64_t number, std::string*& bytes);

  std::shared_ptr<journal::File> file_;
  std::map<std::uint64_t, std::string> sectors_;
  std::uint64_t size_ = kAsFile;  // when more is held than the file has
};

}  // namespace faulty
