// Output of one connection that the socket has not taken yet: copied bytes and bytes of others, in order.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace trellis::runtime {

/// Empty it owns no memory. Used on one shard's thread.
class Outbox {
 public:
  Outbox() noexcept = default;
  /// May be moved to another thread.
  Outbox(Outbox&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)),
        last_(std::exchange(other.last_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Outbox& operator=(Outbox&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Outbox() { clear(); }

  /// Contiguous room at the end; commit() says how much of it was used.
  std::uint8_t* reserve(std::size_t size);
  void commit(std::size_t size) noexcept;
  void append(const void* data, std::size_t size);
  /// Without copying; release(owner) is called, on whatever thread has the outbox then, when the bytes left.
  void append_shared(std::string_view bytes, const void* owner, void (*release)(const void* owner));

  bool empty() const noexcept { return bytes_ == 0; }
  std::size_t bytes() const noexcept { return bytes_; }
  /// Fills in what comes first, at most so many bytes; answers the number of entries.
  int gather(iovec* entries, int capacity, std::size_t most = SIZE_MAX) const noexcept;
  /// Forgets the first bytes: they left.
  void consume(std::size_t size) noexcept;
  void clear() noexcept;

 private:
  struct Segment;
  Segment* add(std::size_t capacity);
  static void free(Segment* segment) noexcept;
  Segment* first_ = nullptr;
  Segment* last_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace trellis::runtime
