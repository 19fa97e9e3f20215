// Commands and replies of Redis as bytes, by hiredis.
#pragma once

#include <hiredis/read.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redis {

std::string command(const std::vector<std::string_view>& words);

struct Reply {
  enum class Type { none, text, status, number, list, nothing, error };
  Type type = Type::none;
  std::string text;  // of text, status and error: the first kKeptBytes
};

/// Takes replies apart. Nothing is allocated for what a peer only announces: lists are skipped, and a reply that is
/// longer than kMostBytes is none.
class Replies {
 public:
  static constexpr std::size_t kKeptBytes = 512;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 10U;

  Replies();

  void feed(std::string_view bytes);
  /// The next one, where it is complete. broken() afterwards: there will be none any more.
  std::optional<Reply> next();
  /// What is wrong; empty while nothing is.
  const std::string& broken() const noexcept { return broken_; }

 private:
  struct Free {
    void operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }
  };
  std::unique_ptr<redisReader, Free> reader_;
  Reply reply_;
  std::string broken_;
};

}  // namespace redis
