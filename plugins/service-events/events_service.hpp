/// The plugin: events over HTTP.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <trellis/borrow.hpp>
#include <trellis/resources.hpp>
#include <trellis/service.hpp>
#include <vector>

#include "access/access.hpp"
#include "common/events/lock_token.hpp"
#include "common/http/client.hpp"
#include "consent/consent_states.hpp"
#include "consent/consents.hpp"
#include "dead_letters/blob_requests.hpp"
#include "dead_letters/letter_files.hpp"
#include "directory.hpp"
#include "metrics.hpp"
#include "push/handlers.hpp"
#include "push/push_worker.hpp"
#include "settings.hpp"
#include "streams/stream_counts.hpp"
#include "topics_here.hpp"
#include "witness.hpp"

namespace events_service {

class Events final : public trellis::WithLenders<trellis::Service>, public trellis::ResourceUser, private Witness {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "service-events",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary =
          "Events over HTTP: topics, event subscriptions, publishing and pull delivery as Azure Event Grid has them.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_LOOP, TRELLIS_HOST_SERVICE, TRELLIS_HOST_SUBSCRIBER, TRELLIS_HOST_QUEUE,
                TRELLIS_HOST_PUBLISH, TRELLIS_HOST_RESOURCES, TRELLIS_HOST_MESSAGE}};

  using ShardState = TopicsHere;

  static trellis::Schema schema() { return Settings::schema(); }
  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;
  const void* table(std::string_view id) override;

  void on_request(const trellis::Request& request, trellis::Reply reply) override;
  void lenders_changed() override;
  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;

  Access& access() const noexcept { return *access_; }
  const Settings& settings() const noexcept { return settings_; }
  const Metrics& metrics() const noexcept { return metrics_; }
  const DirectoryKeeper& directory() const noexcept { return directory_; }
  const std::string& token_key() const noexcept { return token_key_; }
  Witness& witness() noexcept { return *this; }
  /// For tests, before there are requests: microseconds of another clock than the machine's.
  void set_clock(std::function<std::int64_t()> clock) { clock_ = std::move(clock); }
  /// Null where no dead letters go to such a place. [any]
  LetterFiles* letter_files(Destination::Kind kind) const noexcept {
    return kind == Destination::Kind::blob ? letter_blobs_.get() : letter_files_.get();
  }
  const trellis::http::ClientMetrics& storage_metrics() const noexcept { return storage_metrics_; }

  const Handlers& handlers() const noexcept { return handlers_; }
  Consents& consents() noexcept { return consents_; }
  const Consents& consents() const noexcept { return consents_; }
  ConsentStates& consent_states() noexcept { return consent_states_; }
  const ConsentStates& consent_states() const noexcept { return consent_states_; }
  const PushMetrics& push_metrics() const noexcept { return push_metrics_; }
  const RouteMetrics& route_metrics() const noexcept { return route_metrics_; }
  StreamCounts& stream_counts() noexcept { return stream_counts_; }
  StreamNumber next_stream() noexcept { return last_stream_.fetch_add(1, std::memory_order_relaxed) + 1; }

  /// What it has on one shard; null where that is gone. [that shard]
  TopicsHere* on_shard(std::uint32_t shard) const noexcept;
  void enter(std::uint32_t shard, TopicsHere* here) noexcept;
  /// Of a start: the first subscription of a topic that is restored says where the topic lives. False: another did.
  bool settle_home(const TopicView& topic, std::uint32_t shard);

 private:
  trellis::Result<void> check_push(const trellis::Resource& subscription, const SubscriptionSettings& settings) const;
  void look_for_handlers();
  void look_for_predicates();
  void start_letters();
  std::int64_t now_us() const override;
  void answered(std::uint32_t shard, const Answered& answered) noexcept override;
  trellis::Result<void> check_letters(const trellis::Resource& subscription,
                                      const SubscriptionSettings& settings) const;

  Settings settings_;
  std::unique_ptr<Access> access_;
  Metrics metrics_;
  std::function<std::int64_t()> clock_;  // none: the machine's
  DirectoryKeeper directory_;
  Handlers handlers_;
  PushMetrics push_metrics_;
  Consents consents_;
  ConsentStates consent_states_;
  RouteMetrics route_metrics_;
  std::string token_key_;
  std::unique_ptr<LetterFiles> letter_files_;
  BlobRequests blob_requests_{*this};
  std::unique_ptr<LetterFiles> letter_blobs_;
  trellis::http::ClientMetrics storage_metrics_;
  std::vector<std::atomic<TopicsHere*>> here_;  // by shard
  StreamCounts stream_counts_;
  std::atomic<StreamNumber> last_stream_{0};
  std::mutex homes_mutex_;
  std::set<const TopicHome*> settled_homes_;  // guarded by homes_mutex_
};

}  // namespace events_service
