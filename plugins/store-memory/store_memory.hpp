// The plugin: keeps queues and records in memory, as long as the process lives.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <trellis/store.hpp>

namespace store_memory {

/// The contract in its plainest form, one lock around everything and every answer inside the call. Other stores are
/// compared with it.
class StoreMemory final : public trellis::Store {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "store-memory",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Keeps queues and records in memory: nothing of them outlives the broker.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_STORE}};

  static trellis::Schema schema();
  trellis::Result<void> configure(const trellis::Config& config) override;

  trellis::Durability strongest() const noexcept override { return trellis::Durability::in_memory; }
  bool restore(const trellis::RestoreSink& sink) override;
  trellis::Status write(const trellis::Shard& shard, trellis::StoreChanges changes, trellis::Durability level,
                        trellis::WriteReply& reply) override;
  trellis::Status read(const trellis::Shard& shard, const trellis::ReadRequest& request,
                       trellis::ReadReply& reply) override;
  trellis_store_figures figures() const noexcept override;

 private:
  using Body = std::shared_ptr<const std::string>;
  struct Entry {
    Body body;
    std::string extra;
    trellis_store_note note{};
  };
  struct Queue {
    std::map<std::uint64_t, Entry> entries;
    std::set<std::uint32_t> marks;
  };

  bool adds(const trellis::StoreChange& change) const;
  void apply(const trellis::StoreChange& change);
  void append(const trellis::StoreChange& change);
  void settle(Queue& queue, std::uint64_t first, std::uint64_t last);
  void put(std::string_view key, std::string_view value);
  void remove(std::string_view key);
  void forget_if_empty(std::uint64_t queue);

  std::uint64_t most_bytes_ = 0;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Queue> queues_;
  std::map<std::string, std::string, std::less<>> records_;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;  // bodies, each in every queue, extras, keys and values
};

}  // namespace store_memory
