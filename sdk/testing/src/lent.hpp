// What a plugin borrows for one call, as exact copies that are gone when the call is over. Not installed.
#pragma once

#include <trellis/abi/base.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <trellis/testing/facts.hpp>
#include <trellis/view.hpp>
#include <vector>

namespace trellis::testing {

/// On the heap, where a sanitizer sees who reads beyond them or too late; guarded ones at the end of pages that nobody
/// can touch any more, so that whoever does is stopped there and then.
class Lent {
 public:
  /// call: for whom, a literal.
  Lent(const char* call, bool guarded) noexcept : call_(call), guarded_(guarded) {}
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  ~Lent();

  void* bytes(const void* from, std::size_t size);
  trellis_view text(std::string_view from) {
    return {static_cast<const char*>(bytes(from.data(), from.size())), from.size()};
  }
  template <class Item>
  Item* items(const std::vector<Item>& from) {
    return static_cast<Item*>(bytes(from.data(), from.size() * sizeof(Item)));
  }
  /// Names and values with the array they stand in.
  trellis_pair* pairs(const TextPairs& from);

 private:
  struct Pages {
    std::size_t first;
    std::size_t count;
  };
  const char* call_;
  bool guarded_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<Pages> pages_;
};

}  // namespace trellis::testing
