// The plugin: asks an endpoint of the namespace who a client is.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <trellis/resources.hpp>
#include <unordered_map>
#include <vector>

#include "access/per_namespace.hpp"
#include "calls.hpp"
#include "common/client_credentials/token_store.hpp"
#include "common/fingerprint/timed_memory.hpp"
#include "settings.hpp"

namespace webhook {

/// Clients of a namespace without a webhook are left to the next authenticator; all others are judged by the endpoint,
/// whatever they show.
///
/// Each shard makes its calls by itself. What they share, tokens, remembered answers and whether an endpoint answers,
/// is locked for moments only.
class WebhookAuthenticator final : public trellis::Authenticator, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-webhook",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Asks an HTTPS endpoint of the namespace whether a client may connect, and who it is.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY, TRELLIS_HOST_DIAL}};

  struct ShardState {
    ShardState(WebhookAuthenticator& owner, const trellis::Shard& shard);
    std::shared_ptr<Calls> calls;
  };

  static trellis::Schema schema() { return webhook::schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;
  void on_abandoned(trellis_token token) noexcept override;

  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;

  // For calls.

  const Settings& settings() const noexcept { return settings_; }
  const Metrics& metrics() const noexcept { return metrics_; }
  common::TokenStore& tokens() noexcept { return tokens_; }
  common::Fingerprint fingerprint(std::uint64_t endpoint, std::string_view body) const;
  /// Null where nothing is remembered.
  std::shared_ptr<const Decision> remembered(const common::Fingerprint& print, const trellis::Shard& shard);
  void remember(const common::Fingerprint& print, const Decision& decision, const trellis::Shard& shard);
  /// The question is answered by these calls, from when it is entered until it leaves.
  void enter(trellis_token token, Calls& calls);
  void leave(trellis_token token);
  void tell_token_settled(const std::string& key, bool there);

 private:
  std::shared_ptr<const Endpoint> make_endpoint(std::string_view name_space, const trellis::Config& authentication);

  Settings settings_;
  Metrics metrics_;
  common::TokenStore tokens_;
  common::FingerprintKey key_;  // written by start(), read-only afterwards
  std::unique_ptr<rights::PerNamespace<Endpoint>> endpoints_;

  std::mutex mutex_;  // guards all below
  std::unique_ptr<common::TimedMemory<std::shared_ptr<const Decision>>> memory_;
  std::unordered_map<trellis_token, Calls*> entered_;
  std::vector<std::weak_ptr<Calls>> shards_;  // by index
};

}  // namespace webhook
