// The plugin: judges clients by their certificates.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <trellis/resources.hpp>
#include <vector>

#include "access/per_namespace.hpp"
#include "access/registered_client.hpp"
#include "admitted.hpp"
#include "revocation_files.hpp"
#include "scheme.hpp"
#include "shown.hpp"
#include "succession/succession.hpp"
#include "trusts.hpp"
#include "verified_cache.hpp"

namespace x509 {

/// A client is who it says it is when it is registered and its certificate fits, by the rules of its resource. All
/// others are left to the next authenticator, except for those that are disabled.
///
/// authenticate() runs on the shards. Authorities change on the control thread, revocation lists on a thread of
/// their files; either makes a new Trust and then cuts off whom it does not cover.
class X509Authenticator final : public trellis::Authenticator, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-x509",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows registered clients by their certificate: of a certificate authority, or by its thumbprint.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY, TRELLIS_HOST_RESOURCES},
      .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  static trellis::Schema schema();

  /// Opening the first shard is the first moment at which somebody can be cut off: clients of an instance that this one
  /// replaces may be let in by what does not hold here. That one goes on answering until the broker switches over and
  /// drains it, so then this one looks once more.
  class ShardState {
   public:
    ShardState(X509Authenticator& plugin, const trellis::Shard& shard);
  };

  X509Authenticator();
  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;

  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;

 private:
  enum class Outcome {
    allowed,
    no_certificate,
    no_name,
    unknown_client,
    disabled,
    mismatch,
    untrusted,
    expired,
    revoked,
    unreadable
  };
  static constexpr std::size_t kOutcomes = 10;

  /// What becomes of a client, with what people need who wonder why.
  struct Decision {
    Outcome outcome = Outcome::allowed;
    std::string name = {};  ///< as registered, or as it was looked for
    std::string scheme = {};
    std::string found = {};
    std::string expected = {};
    std::int64_t expires_ms = 0;
  };
  using Sources = std::vector<Field>;  // of a namespace, in order

  Decision judge(const trellis::AuthRequest& request) const;
  Decision judge_without(const trellis::AuthRequest& request) const;
  Decision look_for(const trellis::AuthRequest& request, Shown& shown,
                    std::optional<rights::RegisteredClient>& client) const;
  Decision judge_client(const trellis::AuthRequest& request, const rights::RegisteredClient& client,
                        Shown& shown) const;
  void judge_thumbprint(const trellis::AuthRequest& request, const rights::RegisteredClient& client, Shown& shown,
                        Decision& decision) const;
  void judge_chain(const trellis::AuthRequest& request, Field field, Shown& shown, Decision& decision) const;
  void judge_signatures(const trellis::AuthRequest& request, Shown& shown, Decision& decision) const;
  void log(const trellis::AuthRequest& request, const Decision& decision, std::string_view sentence) const;

  void load_authorities(std::string_view name_space);
  void clients_changed(const std::vector<trellis::ResourceChange>& changes);
  void lists_read(const std::string& path, const std::string& error);
  void look_after(std::string_view name_space, std::string_view why) const;
  void take_over() const;
  void retire() const;
  void cut_off(std::string_view name_space, const Admitted::Lost& lost, std::string_view why) const;
  void cut_off(std::string_view name_space, const std::vector<std::string>& names) const;

  std::vector<std::string> list_paths_;
  std::chrono::milliseconds watch_interval_{};
  std::array<trellis::Metric, kOutcomes> checks_;
  trellis::Metric from_cache_;
  trellis::Metric from_signatures_;

  rights::PerNamespace<Sources> sources_;
  Trusts trusts_;
  std::shared_ptr<Admitted> admitted_;
  Owner place_ = kNobody;  ///< among the instances
  std::atomic<bool> drained_ = false;
  std::unique_ptr<VerifiedCache> cache_;
  std::unique_ptr<RevocationFiles> files_;
};

}  // namespace x509
