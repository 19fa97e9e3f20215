// Blocks that reach a plugin unchecked, such as a subscription's destination, held against a schema as the kernel does
// it with settings.
#pragma once

#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

namespace common {

/// A schema that blocks are held against. It is built once; all threads may check.
///
/// Knows what trellis::Schema writes, but for patterns and maps. Throws where there is more in it.
class BlockSchema {
 public:
  explicit BlockSchema(const trellis::Schema& schema);
  BlockSchema(const BlockSchema&) = delete;
  BlockSchema& operator=(const BlockSchema&) = delete;

  /// The block with defaults filled in, sizes and durations as integers, and without what is null; or what is wrong,
  /// behind the path of where. Values of secrets are in no sentence.
  trellis::Result<trellis::Config> check(const trellis::Config& block) const;

  const std::string& json() const noexcept { return text_; }

 private:
  std::string text_;
  trellis::json::Value root_;  // points into text_
};

/// A size ("64KiB", 65536) in bytes, or a duration ("30s", 30000) in milliseconds: format is "bytes" or "duration".
trellis::Result<std::int64_t> read_amount(const trellis::json::Value& value, std::string_view format);

/// The candidate that `word` probably stands for, or nothing.
std::string_view near_match(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace common
