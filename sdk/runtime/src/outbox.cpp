#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <trellis/runtime/outbox.hpp>

namespace trellis::runtime {

struct Outbox::Segment {
  Segment* next;
  const void* owner;  // null: the bytes follow this header
  void (*release)(const void* owner);
  const std::uint8_t* shared;
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t capacity;
  std::uint8_t* own() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
  const std::uint8_t* data() noexcept { return (owner != nullptr ? shared : own()) + begin; }
};

namespace {

constexpr std::size_t kSegmentBytes = 16 * 1024;
constexpr std::size_t kPooled = 256;

// Segments of the usual size go round and round within a thread: the hottest one is used again first.
struct Pool {
  void* blocks[kPooled];
  std::size_t count = 0;
  ~Pool() {
    while (count > 0) std::free(blocks[--count]);
  }
};
thread_local Pool pool;

}  // namespace

Outbox::Segment* Outbox::add(std::size_t capacity) {
  void* block = nullptr;
  if (capacity <= kSegmentBytes) {
    capacity = kSegmentBytes;
    if (pool.count > 0) block = pool.blocks[--pool.count];
  }
  if (block == nullptr) block = std::malloc(sizeof(Segment) + capacity);
  if (block == nullptr) throw std::bad_alloc();
  auto* segment = new (block) Segment{nullptr, nullptr, nullptr, nullptr, 0, 0, static_cast<std::uint32_t>(capacity)};
  (first_ == nullptr ? first_ : last_->next) = segment;
  last_ = segment;
  return segment;
}

void Outbox::free(Segment* segment) noexcept {
  if (segment->owner != nullptr) segment->release(segment->owner);
  if (segment->capacity == kSegmentBytes && pool.count < kPooled) {
    pool.blocks[pool.count++] = segment;
  } else {
    std::free(segment);
  }
}

std::uint8_t* Outbox::reserve(std::size_t size) {
  Segment* segment = last_;
  if (segment == nullptr || segment->owner != nullptr || segment->capacity - segment->end < size) segment = add(size);
  return segment->own() + segment->end;
}

void Outbox::commit(std::size_t size) noexcept {
  last_->end += static_cast<std::uint32_t>(size);
  bytes_ += size;
  if (bytes_ == 0) clear();  // reserved for nothing: an empty outbox owns no memory
}

void Outbox::append(const void* data, std::size_t size) {
  if (size == 0) return;
  std::memcpy(reserve(size), data, size);
  commit(size);
}

void Outbox::append_shared(std::string_view bytes, const void* owner, void (*release)(const void* owner)) {
  auto* block = static_cast<Segment*>(std::malloc(sizeof(Segment)));
  if (block == nullptr) throw std::bad_alloc();
  auto* segment = new (block) Segment{nullptr, owner,
                                      release, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                      0,       static_cast<std::uint32_t>(bytes.size()),
                                      0};
  (first_ == nullptr ? first_ : last_->next) = segment;
  last_ = segment;
  bytes_ += bytes.size();
}

int Outbox::gather(iovec* entries, int capacity, std::size_t most) const noexcept {
  int count = 0;
  for (Segment* segment = first_; segment != nullptr && count < capacity && most > 0; segment = segment->next) {
    if (segment->end == segment->begin) continue;
    entries[count].iov_base = const_cast<std::uint8_t*>(segment->data());
    entries[count].iov_len = std::min<std::size_t>(segment->end - segment->begin, most);
    most -= entries[count].iov_len;
    ++count;
  }
  return count;
}

void Outbox::consume(std::size_t size) noexcept {
  bytes_ -= size;
  while (first_ != nullptr) {
    const std::size_t here = std::min<std::size_t>(size, first_->end - first_->begin);
    first_->begin += static_cast<std::uint32_t>(here);
    size -= here;
    if (first_->begin != first_->end) break;
    Segment* next = first_->next;
    free(first_);
    first_ = next;
  }
  if (first_ == nullptr) last_ = nullptr;
}

void Outbox::clear() noexcept {
  while (first_ != nullptr) {
    Segment* next = first_->next;
    free(first_);
    first_ = next;
  }
  last_ = nullptr;
  bytes_ = 0;
}

}  // namespace trellis::runtime
