/// The plugin: judges clients by tokens of the operator's own issuers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <trellis/resources.hpp>
#include <vector>

#include "access/per_namespace.hpp"
#include "common/jwks/fetcher.hpp"
#include "judgement.hpp"
#include "question.hpp"
#include "questions/questions.hpp"

namespace jwt {

/// Clients that name the method CUSTOM-JWT are answered here where their namespace has customJwtAuthentication; all
/// others are left to the next authenticator.
///
/// authenticate() runs on the shards. A question that lacks a key waits until the fetcher, which lives on the first
/// shard, ends a fetch or gives up, and is judged there once more.
class JwtAuthenticator final : public trellis::Authenticator, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-jwt",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows clients with a JSON Web Token of an issuer of your own.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_DIAL, TRELLIS_HOST_IDENTITY, TRELLIS_HOST_LOOP, TRELLIS_HOST_RESOURCES}};

  class ShardState {
   public:
    ShardState(JwtAuthenticator& plugin, trellis::Shard& shard);

   private:
    std::optional<jwks::Fetcher> fetcher_;
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void stop() override;

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;
  void on_abandoned(trellis_token token) noexcept override;

  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;

 private:
  struct Counts {
    trellis::Metric allowed, refused, unavailable;
  };

  std::shared_ptr<const Trust> trust_in(std::string_view name_space, const trellis::Config& authentication);
  std::vector<std::string> hosts(std::string_view name_space) const;
  Judgement judge_now(const Trust& trust, const jose::Token& token, std::string_view name_space,
                      const trellis::Shard& shard) const;
  /// The name it was let in under; empty where it was not.
  std::string answer(Question& question, const Trust& trust, const Judgement& judgement);
  void refuse(Question& question, const trellis::Error& why);
  void wait_for_key(Question question, const std::shared_ptr<const Trust>& trust, const Judgement& judgement,
                    const trellis::Shard& shard);
  void judge_again(trellis_token token);

  jwks::Settings settings_;
  Counts counts_;
  common::Questions<Question> questions_;
  std::shared_ptr<jwks::Issuers> issuers_;
  rights::PerNamespace<Trust> trusts_{[this](std::string_view name_space, const trellis::Config& authentication) {
    return trust_in(name_space, authentication);
  }};
  const trellis::Shard* first_shard_ = nullptr;  // while it is there; used on it only
};

}  // namespace jwt
