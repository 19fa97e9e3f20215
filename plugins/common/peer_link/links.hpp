// The links of a handler: one for each destination and shard.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <trellis/handler.hpp>
#include <unordered_map>
#include <vector>

#include "common/peer_link/link.hpp"

namespace peer_link {

/// Of one shard: what a handler's ShardState owns.
class Links {
 public:
  Links(const trellis::Shard& shard, const LinkMetrics& metrics) : shard_(shard), metrics_(metrics) {}
  ~Links();
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  void deliver(std::uint64_t id, const std::shared_ptr<const Place>& place, const trellis::DeliveryBatch& batch);
  void check(std::uint64_t id, const std::shared_ptr<const Place>& place, trellis::Settlement consent);
  /// What is under way to that destination is tried again by whoever has it delivered.
  void release(std::uint64_t id);

 private:
  Link& of(std::uint64_t id, const std::shared_ptr<const Place>& place);

  const trellis::Shard& shard_;
  const LinkMetrics& metrics_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Link>> links_;
  bool stopped_ = false;
};

/// Finds the links of all shards when a destination goes, wherever that is. Of one handler.
class LinkRegistry {
 public:
  void add(const trellis::Shard& shard, const std::shared_ptr<Links>& links);
  std::uint64_t next_id();
  void release(std::uint64_t id, const trellis::Host& host);

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Links>> shards_;  // by index; guarded by mutex_, as last_id_
  std::uint64_t last_id_ = 0;
};

/// What a shard of a handler needs: struct ShardState : peer_link::ShardLinks { using ShardLinks::ShardLinks; }.
struct ShardLinks {
  ShardLinks(LinkRegistry& registry, const trellis::Shard& shard, const LinkMetrics& metrics)
      : links(std::make_shared<Links>(shard, metrics)) {
    registry.add(shard, links);
  }
  std::shared_ptr<Links> links;
};

/// A destination whose events go over a link. State is the handler's ShardState.
template <class State>
class LinkDestination final : public trellis::Destination {
 public:
  LinkDestination(LinkRegistry& registry, const trellis::Host& host, std::shared_ptr<const Place> place)
      : registry_(registry), host_(host), place_(std::move(place)), id_(registry.next_id()) {}
  ~LinkDestination() override { registry_.release(id_, host_); }
  LinkDestination(const LinkDestination&) = delete;
  LinkDestination& operator=(const LinkDestination&) = delete;

  void deliver(trellis::DeliveryBatch batch) override {
    batch.shard().template state<State>().links->deliver(id_, place_, batch);
  }
  void check(const trellis::Shard& shard, trellis::Settlement consent) override {
    shard.template state<State>().links->check(id_, place_, std::move(consent));
  }

 private:
  LinkRegistry& registry_;
  const trellis::Host& host_;
  const std::shared_ptr<const Place> place_;
  const std::uint64_t id_;
};

}  // namespace peer_link
