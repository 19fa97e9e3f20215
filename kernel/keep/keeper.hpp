// What one shard has a store keep, and what waits until it does.
#pragma once

#include <trellis/abi/store.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <trellis/connections/connection.hpp>
#include <trellis/connections/output_gate.hpp>
#include <trellis/runtime/shard.hpp>
#include <vector>

#include "message/message.hpp"
#include "message/runtime.hpp"

namespace trellis::kernel {

struct KeeperMetrics {
  explicit KeeperMetrics(Metrics& metrics);
  MetricId writes;   // groups that a store took
  MetricId unkept;   // connections closed because what they were to be told could not be kept
  MetricId refused;  // messages refused because the store takes nothing at the time
};

/// Changes of one turn go to the store together, at the end of the turn, before other shards and clients hear of them.
/// While it takes none they wait, and with them whoever waits for them; all members are for the shard's thread.
class Keeper final : private Deferred {
 public:
  Keeper(Shard& shard, const KeeperMetrics& metrics) noexcept : shard_(shard), metrics_(metrics), retry_(*this) {}
  ~Keeper() { unqueue(); }

  /// Null: nothing is kept from now on, and what was not answered never is.
  void set_store(const trellis_store* store, void* store_shard) noexcept;
  bool has_store() const noexcept { return store_ != nullptr; }
  /// Whether the store takes nothing at the time: who would have to be kept is refused.
  bool refuses() noexcept;

  /// level is TRELLIS_DURABILITY_…; VOLATILE asks for nothing.
  void put(std::uint32_t level, std::string_view key, const Message& value);
  void put(std::uint32_t level, std::string_view key, std::string_view value);
  void remove(std::uint32_t level, std::string_view key);
  /// Called once what was asked for at that level in this turn is kept, or failed to be.
  using Then = std::function<void(bool kept)>;
  void then(std::uint32_t level, Then function);

  /// Stands for what has been asked for until now.
  struct Mark {
    std::size_t changes[2];
  };
  Mark mark() const noexcept { return {{batches_[0].changes.size(), batches_[1].changes.size()}}; }
  /// What the connection writes from here on does not leave before what was asked for since then is kept. Where that
  /// fails the connection is closed: nobody is told what is not so.
  void hold(Connection& connection, const Mark& since);
  /// The same for all that was asked for and is not answered: what another connection of its client waited for.
  void hold_behind_all(Connection& connection);
  /// How often what was asked for was not kept.
  std::uint32_t failures() const noexcept { return failures_; }

  /// Asks the store now.
  void write();
  /// What it answered.
  void stored(trellis_token token, trellis_status status);

 private:
  struct Change {
    std::uint32_t kind;
    std::size_t at;  // of its key in bytes; the body follows
    std::size_t key;
    std::size_t body;
  };
  /// Who waits for one group of changes.
  struct Waiting {
    OutputGates gates;
    std::vector<Then> then;
  };
  struct Batch {
    std::uint64_t number = 0;  // 0: nothing was asked for yet
    bool refused = false;      // the store did not take it: it is tried again
    std::string bytes;
    std::vector<Change> changes;
    Waiting waiting;
  };
  struct Retry final : Timer {
    explicit Retry(Keeper& owner) noexcept : Timer(&Keeper::on_retry), keeper(owner) {}
    Keeper& keeper;
  };
  static constexpr std::uint64_t kRetryMs = 50;

  Batch* batch(std::uint32_t level);
  void hold_behind(Connection& connection, std::uint64_t number, Waiting& waiting);
  void write(Batch& batch, std::uint32_t level);
  trellis_status ask(const Batch& batch, std::uint32_t level);
  void let_down(Waiting waiting);
  static void on_retry(Timer& timer);
  void run_deferred() override { write(); }

  Shard& shard_;
  const KeeperMetrics& metrics_;
  const trellis_store* store_ = nullptr;
  void* store_shard_ = nullptr;
  std::uint64_t last_number_ = 0;
  std::uint32_t failures_ = 0;
  Batch batches_[2];  // WRITTEN, SYNCED
  std::map<std::uint64_t, Waiting> under_way_;
  std::vector<trellis_store_change> asked_;  // its room is used again
  Retry retry_;
};

}  // namespace trellis::kernel
