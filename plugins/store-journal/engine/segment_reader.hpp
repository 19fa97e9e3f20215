// Reads the chunks of a segment, one after the other, through a window.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "disk.hpp"
#include "format.hpp"

namespace journal {

/// Believes no length before it was compared with what is there.
class SegmentReader {
 public:
  SegmentReader(File& file, std::uint64_t store_id) : file_(file), store_id_(store_id) {}

  /// The chunk that begins there, none of it at or behind `limit`. After Found::damaged why() says what is wrong.
  Found chunk(std::uint64_t at, std::uint64_t limit, ChunkHeader& header, std::string_view& payload);
  /// Whether a chunk header from there on says that `sequence` or something later was on the medium; `at` is where.
  bool claims(std::uint64_t from, std::uint64_t limit, std::uint64_t sequence, std::uint64_t& at);
  /// Whether anything but zeros lies there.
  bool written(std::uint64_t from, std::uint64_t limit);

  const std::string& why() const noexcept { return why_; }
  /// Not 0: reading failed.
  Errno code() const noexcept { return code_; }

 private:
  /// Bytes of the file from there, fewer at its end or where reading fails.
  std::string_view bytes(std::uint64_t at, std::size_t size);

  File& file_;
  std::uint64_t store_id_;
  std::vector<char> window_;
  std::uint64_t window_at_ = 0;
  std::size_t window_size_ = 0;
  std::string why_;
  Errno code_ = 0;
};

}  // namespace journal
