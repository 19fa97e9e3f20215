// The entries of one queue in order of their numbers, 20 bytes each.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "ledger.hpp"

namespace journal {

#pragma pack(push, 4)
struct Entry {
  static constexpr std::uint32_t kDead = 1U << 31;
  static constexpr std::uint32_t kNoted = 1U << 30;
  static constexpr std::uint32_t kSize = kNoted - 1;

  std::uint64_t number;
  Place place;
  std::uint32_t size_and_flags;

  std::uint32_t size() const noexcept { return size_and_flags & kSize; }
  bool dead() const noexcept { return (size_and_flags & kDead) != 0; }
  bool noted() const noexcept { return (size_and_flags & kNoted) != 0; }
};
#pragma pack(pop)
static_assert(sizeof(Entry) == 20);

/// One block of memory that grows by a quarter, so that little of it is empty. Taken from the front it moves a head
/// on; what is taken from the middle stays as dead until half of all is. First and last are never dead.
class EntryList {
 public:
  EntryList() = default;
  EntryList(const EntryList&) = delete;
  EntryList& operator=(const EntryList&) = delete;
  ~EntryList() { std::free(data_); }

  bool empty() const noexcept { return head_ == size_; }
  std::uint32_t live() const noexcept { return size_ - head_ - dead_; }
  Entry* begin() noexcept { return data_ + head_; }
  Entry* end() noexcept { return data_ + size_; }
  const Entry* begin() const noexcept { return data_ + head_; }
  const Entry* end() const noexcept { return data_ + size_; }
  std::uint64_t first() const noexcept { return empty() ? 0 : begin()->number; }
  std::uint64_t last() const noexcept { return empty() ? 0 : (end() - 1)->number; }
  std::size_t memory() const noexcept { return capacity_ * sizeof(Entry); }

  /// The first entry, dead or not, of that number or above.
  Entry* lower_bound(std::uint64_t number) noexcept {
    Entry* low = begin();
    if (low == end() || low->number >= number) return low;
    std::uint32_t count = size_ - head_;
    while (count > 0) {
      const std::uint32_t half = count / 2;
      if (low[half].number < number) {
        low += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    return low;
  }
  /// The live entry of that number, or null.
  Entry* find(std::uint64_t number) noexcept {
    Entry* at = lower_bound(number);
    return at != end() && at->number == number && !at->dead() ? at : nullptr;
  }

  /// Above all others, as the contract says; a number that is not goes to its place all the same.
  void insert(const Entry& entry) {
    const auto position =
        static_cast<std::uint32_t>(empty() || last() < entry.number ? size_ : lower_bound(entry.number) - data_);
    if (position < size_ && data_[position].number == entry.number) {  // dead: its place is free
      data_[position] = entry;
      --dead_;
      return;
    }
    grow();
    for (std::uint32_t i = size_; i > position; --i) data_[i] = data_[i - 1];
    data_[position] = entry;
    ++size_;
  }

  void kill(Entry* entry) noexcept {
    entry->size_and_flags |= Entry::kDead;
    ++dead_;
  }
  /// After some were killed.
  void tidy() {
    while (head_ < size_ && data_[head_].dead()) ++head_, --dead_;
    while (head_ < size_ && data_[size_ - 1].dead()) --size_, --dead_;
    const std::uint32_t kept = live();
    if (head_ + dead_ <= kept + 32) return;
    std::uint32_t to = 0;
    for (std::uint32_t i = head_; i < size_; ++i) {
      if (!data_[i].dead()) data_[to++] = data_[i];
    }
    head_ = dead_ = 0;
    size_ = to;
    if (capacity_ > 2 * size_ + 16) resize(size_ + size_ / 4 + 4);
  }

 private:
  void grow() {
    if (size_ < capacity_) return;
    resize(capacity_ < 4 ? 4 : capacity_ + (capacity_ < 64 ? capacity_ / 2 : capacity_ / 4));
  }
  void resize(std::uint32_t capacity) {
    auto* moved = static_cast<Entry*>(std::realloc(data_, std::size_t{capacity} * sizeof(Entry)));
    if (moved == nullptr) throw std::bad_alloc();
    data_ = moved;
    capacity_ = capacity;
  }

  Entry* data_ = nullptr;
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t dead_ = 0;  // between head and size
  std::uint32_t capacity_ = 0;
};

}  // namespace journal
