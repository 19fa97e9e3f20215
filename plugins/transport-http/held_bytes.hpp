/// What is kept of a request that is not complete, counted for its shard.
#pragma once

#include "http_shard.hpp"

namespace transport_http {

class HeldBytes {
 public:
  HeldBytes() = default;
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;
  ~HeldBytes() { clear(); }

  /// It is that many now; false where the shard has no room for more, which then count no further.
  bool set(HttpShard& shard, std::size_t bytes) noexcept {
    shard_ = &shard;
    if (bytes > bytes_ && !shard.hold(bytes - bytes_)) return false;
    if (bytes < bytes_) shard.release(bytes_ - bytes);
    bytes_ = bytes;
    return true;
  }
  void clear() noexcept {
    if (bytes_ > 0) shard_->release(bytes_);
    bytes_ = 0;
  }

 private:
  HttpShard* shard_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace transport_http
