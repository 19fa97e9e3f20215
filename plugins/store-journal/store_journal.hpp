// The plugin: keeps queues and records on disk, in a journal of its own.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <trellis/backup.hpp>
#include <trellis/command.hpp>
#include <trellis/store.hpp>
#include <vector>

#include "backups.hpp"
#include "engine/journal.hpp"

namespace store_journal {

/// The engine behind the tables: encodes calls into chunks on the shards, and hands its answers on.
class StoreJournal final : public trellis::WithBackup<trellis::WithCommand<trellis::Store>>, private journal::Listener {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "store-journal",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Keeps queues and records in an append-only journal on a local disk, through crashes and power cuts.",
      .licence = "Apache-2.0",
      .stability = trellis::Stability::experimental,
      .wants = {TRELLIS_HOST_STORE},
      .capabilities = TRELLIS_CAPABILITY_FILES_WRITE};

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void stop() override;

  trellis::Durability strongest() const noexcept override { return trellis::Durability::synced; }
  bool restore(const trellis::RestoreSink& sink) override;
  trellis::Status write(const trellis::Shard& shard, trellis::StoreChanges changes, trellis::Durability level,
                        trellis::WriteReply& reply) override;
  trellis::Status read(const trellis::Shard& shard, const trellis::ReadRequest& request,
                       trellis::ReadReply& reply) override;
  trellis_store_figures figures() const noexcept override;

  trellis::Result<void> begin_backup(std::string_view name) override;
  trellis::Backup backup() const override;

  std::string_view verb() const noexcept override { return "store"; }
  std::string_view verb_summary() const noexcept override { return "look at, repair and copy a store's folder"; }
  int run(const std::vector<std::string_view>& words, const trellis::Console& console) override;

 private:
  /// A gauge of the host, which knows differences only.
  struct Gauge {
    trellis::Metric metric;
    std::int64_t last = 0;
    void set(std::uint64_t value) noexcept;
  };

  void declare_metrics();
  void tell(const trellis::Backup& ended, const std::string& path);
  void stored(std::uint32_t shard, std::uint64_t token, bool good) override;
  void entries(std::uint32_t shard, std::uint64_t token, bool good,
               std::span<const journal::ReadEntry> entries) override;
  void log(journal::Severity severity, const std::string& sentence) override;
  void counted(const journal::Counts& counts, const journal::Figures& now) override;

  std::string path_;
  journal::Options options_;
  const trellis_host_store* table_ = nullptr;
  std::unique_ptr<journal::Folder> folder_;
  std::unique_ptr<journal::Journal> journal_;
  std::string backups_path_;
  mutable std::mutex backups_mutex_;  // who asks for them may do so from any thread, also while this stops
  std::unique_ptr<Backups> backups_;
  std::array<trellis::Metric, 2> backups_ended_;  // done, failed

  // What counted() adds to, on the committer's thread.
  std::array<trellis::Metric, 7> counters_;
  std::array<Gauge, 5> gauges_;
};

}  // namespace store_journal
