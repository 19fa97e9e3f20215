// The plugin: who may publish and subscribe where, by client groups, topic spaces and bindings.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/authorizer.hpp>
#include <trellis/resources.hpp>
#include <vector>

#include "decisions.hpp"
#include "members.hpp"
#include "name_versions.hpp"
#include "snapshot.hpp"
#include "types.hpp"

namespace topic_spaces {

/// Rights are compiled into a snapshot for each namespace whenever groups, spaces, bindings or settings change; clients
/// are not copied, but looked up when they ask for the first time. What shards remember holds for one epoch of the
/// rights and one version of the client's name, so that answering from memory takes no lock.
class TopicSpaces final : public trellis::Authorizer, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authorizer-topic-spaces",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows topics by client groups, topic spaces with variables, and permission bindings.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_RESOURCES, TRELLIS_HOST_AUTHORIZER, TRELLIS_HOST_NAMESPACE, TRELLIS_HOST_IDENTITY}};

  class ShardState {
   public:
    ShardState(TopicSpaces& plugin, trellis::Shard&)
        : decisions(plugin.remembered_decisions_), most_members(plugin.remembered_clients_) {}

    struct Space {
      std::shared_ptr<const Snapshot> snapshot;
      Members members;
    };
    std::uint64_t epoch = 0;
    std::map<std::string, Space, std::less<>> spaces;
    Decisions decisions;
    std::size_t most_members;
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;

  void authorize(trellis::AccessBatch batch) noexcept override;
  trellis::Result<void> admit(const trellis::AccessRequest& client, const trellis::Shard& shard,
                              trellis::ClientLimits& limits) override;
  void explain(const trellis::AccessRequest& question, const trellis::Shard& shard,
               const trellis::ExplainSink& tell) override;

 private:
  using Snapshots = std::map<std::string, std::shared_ptr<const Snapshot>, std::less<>>;

  void read_again(std::string_view name_space);
  void clients_changed(const std::vector<trellis::ResourceChange>& changes, bool only_they);
  void follow(ShardState& state) const;
  trellis::Access answer(ShardState& state, const trellis::AccessRequest& request) const;
  const Member* member(ShardState::Space& space, const trellis::AccessRequest& request) const;
  Subject subject_of(const trellis::AccessRequest& request) const;

  TypeLimits type_limits_;
  bool event_grid_ = false;
  std::size_t remembered_decisions_ = 0;
  std::size_t remembered_clients_ = 0;
  trellis::Metric allowed_, refused_, remembered_;

  std::atomic<std::uint64_t> epoch_{1};
  NameVersions versions_;
  mutable std::mutex mutex_;  // guards snapshots_
  Snapshots snapshots_;
};

}  // namespace topic_spaces
