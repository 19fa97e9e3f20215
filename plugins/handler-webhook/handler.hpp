// The plugin: posts messages to endpoints.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <trellis/borrow.hpp>
#include <trellis/handler.hpp>
#include <vector>

#include "common/client_credentials/token_store.hpp"
#include "common/consent/consent_link.hpp"
#include "metrics.hpp"
#include "pace.hpp"
#include "sender.hpp"
#include "settings.hpp"

namespace hooks {

/// Each shard makes its requests by itself. What they share, tokens and granted rates, is locked for moments only.
/// Other plugins may be webhooks with a URL and manners of their own.
class WebhookHandler : public trellis::WithLenders<trellis::Handler> {
 public:
  explicit WebhookHandler(Receiver receiver = Receiver::webhook) : receiver_(receiver) {}

  static constexpr trellis::PluginInfo kInfo{
      .id = "handler-webhook",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Posts events to HTTP endpoints as CloudEvents webhooks, or in the schema of Azure Event Grid.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};

  struct ShardState {
    ShardState(WebhookHandler& owner, const trellis::Shard& shard);
    std::shared_ptr<Sender> sender;
  };

  static trellis::Schema schema() { return hooks::schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void lenders_changed() override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

  // For senders.

  const Settings& settings() const noexcept { return settings_; }
  const Metrics& metrics() const noexcept { return metrics_; }
  common::TokenStore& tokens() noexcept { return tokens_; }
  void tell_token_settled(const std::string& key, bool there);
  /// What an endpoint of Event Grid's schema proves itself with: the same as long as the plugin runs, so that it can be
  /// asked again, and known to nobody else.
  std::string validation_code(const Target& target) const;
  /// Who has URLs by which endpoints consent later; nothing where nobody has. [any] takes a lock
  std::optional<common::ConsentLink::Desk> desk() const;

 private:
  const Receiver receiver_;
  Settings settings_;
  Metrics metrics_;
  common::TokenStore tokens_;
  Paces paces_;
  std::string secret_;  // of validation codes; written by start()

  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<Sender>> shards_;      // by index; guarded by mutex_
  std::optional<common::ConsentLink::Desk> desk_;  // guarded by mutex_
};

}  // namespace hooks
