// What a test says to a store: changes as a test writes them, answers that may come from the store's own threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <trellis/store.hpp>
#include <trellis/testing/drivers.hpp>
#include <vector>

namespace trellis::testing {

/// One change; everything is owned. Made by the functions of its kind.
struct Change {
  struct Target {
    std::uint64_t queue = 0;
    std::uint64_t number = 0;
    std::string extra = {};
  };

  ChangeKind kind = ChangeKind::append;
  std::uint64_t queue = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint32_t mark = 0;
  trellis_store_note note{};
  std::string key = {};
  std::string body = {};
  std::vector<Target> targets = {};

  static Change append(std::vector<Target> targets, std::string_view body);
  static Change append(std::uint64_t queue, std::uint64_t number, std::string_view body, std::string_view extra = {});
  static Change settle(std::uint64_t queue, std::uint64_t first, std::uint64_t last = 0);  // 0: the first alone
  static Change noted(std::uint64_t queue, std::uint64_t number, std::uint64_t word, std::uint64_t second = 0);
  static Change marked(std::uint64_t queue, std::uint32_t mark);
  static Change unmarked(std::uint64_t queue, std::uint32_t mark);
  static Change drop(std::uint64_t queue);
  static Change put(std::string_view key, std::string_view value);
  static Change remove(std::string_view key);
};

/// Changes as they cross the boundary; views into the changes, which have to stay where they are.
class ChangeTable {
 public:
  explicit ChangeTable(const std::vector<Change>& changes);
  const trellis_store_change* data() const noexcept { return changes_.data(); }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(changes_.size()); }

 private:
  std::vector<std::vector<trellis_store_target>> targets_;
  std::vector<trellis_store_change> changes_;
};

struct StoredEntry {
  std::uint64_t number = 0;
  std::string body = {};
  std::string extra = {};
  std::uint64_t words[2] = {0, 0};
  bool operator==(const StoredEntry&) const = default;
};

struct StoredQueue {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::vector<std::uint32_t> marks = {};  // in order
  bool operator==(const StoredQueue&) const = default;
};

/// All that restore() gave.
struct Restored {
  std::map<std::uint64_t, StoredQueue> queues;
  std::map<std::string, std::string> records;
};

/// One call and its answer.
class StoreCall {
 public:
  StoreCall(World& world, trellis_token token) noexcept : world_(&world), token_(token) {}
  /// Status::unset while it waits; what the call itself answered, or what came later.
  Status status() const;
  bool answered() const { return status() != Status::unset; }
  /// Of a read.
  std::vector<StoredEntry> entries() const;

 private:
  World* world_;
  trellis_token token_;
};

class StoreDriver : public Driver {
 public:
  using Driver::Driver;
  StoreCall write(const std::vector<Change>& changes, Durability level = Durability::in_memory,
                  std::uint32_t shard = 0) const;
  StoreCall read(std::uint64_t queue, std::uint64_t after = 0, std::uint32_t entries = 1000,
                 std::uint64_t bytes = UINT64_MAX, std::uint32_t shard = 0) const;
  /// Waits for the answer; Status::unset where none came in that time.
  Status wait(const StoreCall& call, std::chrono::milliseconds real_time = std::chrono::seconds(10)) const;
  /// Writes, or reads, and waits.
  Status put(const std::vector<Change>& changes, Durability level = Durability::in_memory) const;
  std::vector<StoredEntry> get(std::uint64_t queue, std::uint64_t after = 0, std::uint32_t entries = 1000) const;
  Restored restore() const;
  trellis_store_figures figures() const;
};

template <>
struct DriverOf<TRELLIS_KIND_STORE> {
  using type = StoreDriver;
};

}  // namespace trellis::testing
