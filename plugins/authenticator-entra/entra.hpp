/// The plugin: judges access tokens of OIDC issuers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <trellis/resources.hpp>
#include <vector>

#include "access/per_namespace.hpp"
#include "believed.hpp"
#include "common/jwks/fetcher.hpp"
#include "question.hpp"
#include "questions/questions.hpp"

namespace entra {

/// Clients without the method OAUTH2-JWT, and namespaces without the block entraAuthentication, are left to the next
/// authenticator; everybody else is answered here.
///
/// Tokens are judged on the shards. Those whose key is not known wait until the fetcher, on the first shard, has asked
/// the issuer, and are judged again there.
class Entra final : public trellis::Authenticator, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-entra",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows applications by access tokens of an OIDC issuer, such as Microsoft Entra.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_DIAL, TRELLIS_HOST_IDENTITY, TRELLIS_HOST_LOOP, TRELLIS_HOST_RESOURCES}};

  class ShardState {
   public:
    ShardState(Entra& plugin, trellis::Shard& shard);
    ~ShardState();
    ShardState(const ShardState&) = delete;
    ShardState& operator=(const ShardState&) = delete;

   private:
    Entra& plugin_;
    std::optional<jwks::Fetcher> fetcher_;  // on the first shard
  };

  Entra();
  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;
  void on_abandoned(trellis_token token) noexcept override;

  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;

 private:
  enum class Outcome : std::uint8_t { allowed, refused, unavailable, abandoned };

  std::shared_ptr<const Believed> believe(std::string_view name_space, const trellis::Config& authentication);
  void mention_misplaced(const trellis::AuthRequest& request, const Believed& believed);
  void ask(Question question, const trellis::Shard& shard);
  void keys_came(trellis_token token, const std::shared_ptr<const jose::KeySet>& seen);
  void answer(Question& question, const trellis::Result<Principal>& principal);
  bool is_disabled(std::string_view name_space, std::string_view name) const;
  void refuse(Question& question, std::string_view reason);
  void unavailable(Question& question, std::string_view reason);
  void count(Outcome outcome) { outcomes_[static_cast<std::size_t>(outcome)].add_any(); }

  jwks::Settings key_settings_;
  jose::Limits limits_;
  trellis::Metric outcomes_[4];  // by Outcome

  std::shared_ptr<jwks::Issuers> issuers_;  // made by start()
  rights::PerNamespace<Believed> spaces_;
  common::Questions<Question> questions_;
  const trellis::Shard* first_shard_ = nullptr;  // used on it only
  std::atomic<std::int64_t> quiet_until_ms_{0};  // about misplaced tokens; of shards' clocks
};

}  // namespace entra
