/// Memory for what is made of one request.
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string_view>

namespace events {

/// Gives memory that stays until begin(). The first part of it is kept, so that usual requests cost no allocation.
class Arena {
 public:
  static constexpr std::size_t kKeptBytes = std::size_t{16} << 10U;

  Arena() : first_(std::make_unique<std::byte[]>(kKeptBytes)), rest_(first_.get(), kKeptBytes) {}

  void begin() { rest_.release(); }
  char* room(std::size_t bytes) { return static_cast<char*>(rest_.allocate(bytes, 1)); }

 private:
  std::unique_ptr<std::byte[]> first_;
  std::pmr::monotonic_buffer_resource rest_;
};

}  // namespace events
