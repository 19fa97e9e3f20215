// The records by their key: where each lies. One block per record, 18 bytes and the key, and a slot of 8.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "ledger.hpp"

namespace journal {

/// Open addressing with linear probing; a removed record leaves no trace.
class RecordTable {
 public:
  struct Record {
    Place place;  // of its CRC
    std::uint32_t size;
    std::uint32_t hash;
    std::uint16_t key_size;
    std::string_view key() const noexcept { return {reinterpret_cast<const char*>(this) + kKeyAt, key_size}; }
  };

  RecordTable() = default;
  RecordTable(const RecordTable&) = delete;
  RecordTable& operator=(const RecordTable&) = delete;
  ~RecordTable() {
    for (Record* record : slots_) ::operator delete(record);
  }

  std::size_t size() const noexcept { return size_; }
  std::uint64_t key_bytes() const noexcept { return key_bytes_; }
  Record* find(std::string_view key) noexcept {
    if (size_ == 0) return nullptr;
    return slots_[slot_of(key, hash(key))];
  }
  /// A record that was not there.
  Record& insert(std::string_view key) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    const std::uint32_t code = hash(key);
    auto* made = static_cast<Record*>(::operator new(std::max(sizeof(Record), kKeyAt + key.size())));
    *made = {{}, 0, code, static_cast<std::uint16_t>(key.size())};
    std::memcpy(reinterpret_cast<char*>(made) + kKeyAt, key.data(), key.size());
    slots_[slot_of(key, code)] = made;
    ++size_;
    key_bytes_ += key.size();
    return *made;
  }
  void erase(Record* record) noexcept {
    std::size_t hole = slot_of(record->key(), record->hash);
    key_bytes_ -= record->key_size;
    ::operator delete(record);
    --size_;
    // Those behind it move up where their own place allows it, so that no search stops early.
    for (std::size_t at = next(hole); slots_[at] != nullptr; at = next(at)) {
      const std::size_t home = slots_[at]->hash & (slots_.size() - 1);
      const bool between = hole <= at ? hole < home && home <= at : hole < home || home <= at;
      if (between) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = nullptr;
  }
  template <class Function>
  void each(Function function) const {
    for (Record* record : slots_) {
      if (record != nullptr) function(*record);
    }
  }

 private:
  static constexpr std::size_t kKeyAt = 18;  // behind key_size, where the compiler would leave a gap

  static std::uint32_t hash(std::string_view key) noexcept {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
  }
  std::size_t next(std::size_t slot) const noexcept { return (slot + 1) & (slots_.size() - 1); }
  std::size_t slot_of(std::string_view key, std::uint32_t code) const noexcept {
    std::size_t at = code & (slots_.size() - 1);
    while (slots_[at] != nullptr && (slots_[at]->hash != code || slots_[at]->key() != key)) at = next(at);
    return at;
  }
  void grow() {
    std::vector<Record*> before(slots_.empty() ? 16 : slots_.size() * 2, nullptr);
    before.swap(slots_);
    for (Record* record : before) {
      if (record != nullptr) slots_[slot_of(record->key(), record->hash)] = record;
    }
  }

  std::vector<Record*> slots_;
  std::size_t size_ = 0;
  std::uint64_t key_bytes_ = 0;
};

}  // namespace journal
