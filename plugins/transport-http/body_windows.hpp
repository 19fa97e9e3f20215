/// Shares the memory for request bodies among the streams of one HTTP/2 connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

namespace transport_http {

/// A stream gets its window when there is room for the whole of its body, in the order of asking. Windows that grow bit
/// by bit would end with many bodies that are half there and none that can go on.
class BodyWindows {
 public:
  struct Window {
    std::int32_t stream;
    std::size_t bytes;
  };

  /// limit: of all windows together. A single one may be larger.
  explicit BodyWindows(std::size_t limit) : limit_(limit) {}

  void want(std::int32_t stream, std::size_t bytes) { waiting_.push_back({stream, bytes}); }
  /// The next window to be granted, if there is room for one.
  std::optional<Window> next();
  /// The stream's body is not in memory any more, or will not come.
  void release(std::int32_t stream);

 private:
  std::size_t limit_;
  std::size_t granted_bytes_ = 0;
  std::unordered_map<std::int32_t, std::size_t> granted_;
  std::deque<Window> waiting_;
};

}  // namespace transport_http
