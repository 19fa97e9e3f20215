/// The plugin: resources read, changed and watched by requests, and the command that makes them.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <trellis/borrow.hpp>
#include <trellis/command.hpp>
#include <trellis/resources.hpp>
#include <trellis/service.hpp>
#include <vector>

#include "context.hpp"
#include "route.hpp"
#include "waitlist.hpp"

namespace management {

/// Declares no types: it shows whatever other plugins declare. Every request carries a token. Requests run on the
/// shards, changes are made by the broker on its own thread and answered later.
class Management final : public trellis::WithLenders<trellis::WithCommand<trellis::Service>>,
                         public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "service-management",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Reads, changes and watches resources by requests of HTTP; adds the command trellis ctl.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_SERVICE, TRELLIS_HOST_RESOURCES}};

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void lenders_changed() override { context_.provisioning.look(host()); }

  void on_request(const trellis::Request& request, trellis::Reply reply) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;

  std::string_view verb() const noexcept override { return "ctl"; }
  std::string_view verb_summary() const noexcept override {
    return "read and change the resources of a running broker";
  }
  int run(const std::vector<std::string_view>& words, const trellis::Console& console) override;

  /// Its watchers on one shard.
  struct ShardState {
    ShardState(Management& service, trellis::Shard& shard);
    std::shared_ptr<Waitlist> list;
  };

 private:
  /// A request whose sender is known.
  struct Call {
    const trellis::Request& request;
    trellis::Reply reply;
    const Caller& caller;
    Route route;
  };
  void dispatch(Call call);
  void dispatch_apply(Call call);
  void dispatch_change(Call call);
  void dispatch_read(Call call);
  void dispatch_backup(Call call);
  void dispatch_keys(Call call);
  /// Why it is refused before anybody looks at what it asks for.
  std::optional<Problem> refusal(const Call& call) const;
  void refuse_unknown(const trellis::Request& request, trellis::Reply& reply);
  /// Calls something on every shard that has watchers, there.
  void on_waitlists(void (Waitlist::*function)());

  std::size_t ring_size_ = 0;
  Context context_;
  std::unique_ptr<TokenShares> shares_;
  std::atomic<std::int64_t> next_warning_ms_ = 0;
  std::mutex mutex_;
  std::vector<std::pair<std::uint32_t, std::weak_ptr<Waitlist>>> lists_;  // by shard; guarded by mutex_
};

}  // namespace management
