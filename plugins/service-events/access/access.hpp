/// Who may use the event API: access keys, SAS tokens, bearer tokens.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/resources.hpp>
#include <trellis/service.hpp>
#include <vector>

#include "bearer.hpp"
#include "common/events/problem.hpp"
#include "common/http_credentials/credential.hpp"
#include "common/http_credentials/sas_token.hpp"
#include "common/jwks/fetcher.hpp"
#include "key_ring.hpp"
#include "remembered.hpp"

namespace events_service {

enum class Right : std::uint8_t { send, receive };

/// What a request proved itself by.
enum class Shown : std::uint8_t { nothing, key, sas, bearer, unknown };

struct Judged {
  Shown shown = Shown::nothing;
  std::string caller = {};  ///< for logs: "key", "sas", or the token's subject; never a secret
  std::optional<events::Problem> refused = std::nullopt;
};

/// What all shards have in common. The plugin owns one, made in configure(), and declares its types of resources.
class Access {
 public:
  /// Of the object "access" of the plugin's settings.
  static trellis::Schema schema();
  static trellis::Result<std::unique_ptr<Access>> make(const trellis::Config& settings, const trellis::Host& host);
  /// To be declared: those of keys and namespaces.
  static std::vector<trellis::ResourceTypeRules> resource_types();
  /// Of those types; others are all right. Says no key. [control]
  static trellis::Result<void> check_resource(const trellis::ResourceChange& change);

  /// Within the plugin's start(). [control]
  void start();
  /// Others than those of its types are left alone. [control, running]
  void resources_changed(const std::vector<trellis::ResourceChange>& changes);

 private:
  friend class AccessOnShard;

  explicit Access(const trellis::Host& host) : host_(host) {}
  void warn(const trellis::Request& request, std::string_view name_space, std::string_view why);
  /// What a request could show, for a sentence.
  std::string_view expected(const NamespaceKeys& space) const noexcept;

  const trellis::Host host_;
  bool anonymous_ = false;
  std::vector<std::string> hosts_;  // empty: the one the client asked
  std::optional<BearerRules> bearer_;
  std::shared_ptr<jwks::Issuers> issuers_;                // made by start(), as what follows; null without bearer_
  std::shared_ptr<jwks::IssuerKeys> issuer_;              // null without bearer_
  std::array<std::array<trellis::Metric, 2>, 5> judged_;  // by Shown; allowed, refused
  KeyRing ring_;
  std::atomic<std::int64_t> quiet_until_ms_{0};  // of shards' clocks
};

/// One shard's part: a member of the plugin's ShardState. Fetches issuers' keys where it is the first shard's.
class AccessOnShard {
 public:
  AccessOnShard(Access& access, const trellis::Shard& shard);
  AccessOnShard(const AccessOnShard&) = delete;
  AccessOnShard& operator=(const AccessOnShard&) = delete;

  /// No I/O, no lock but where keys have changed; a good key costs no allocation. What is refused with 503 may be asked
  /// again in a second. [shard]
  Judged judge(const trellis::Request& request, Right right);

 private:
  /// A request while it is judged.
  struct Question {
    const trellis::Request& request;
    Right right;
    const NamespaceKeys& space;
    std::string_view text;  ///< the credential
  };

  Judged look(const trellis::Request& request, Right right);
  void look_for_new_keys();
  Judged nothing(const Question& question, bool unknown) const;
  std::optional<Judged> without_keys(const Question& question, Shown shown) const;
  Judged key(const Question& question) const;
  Judged sas(const Question& question);
  std::optional<events::Problem> covered(const http_credentials::SasToken& token, const trellis::Request& request);
  Judged bearer(const Question& question);
  trellis::Result<const Granted*> believe(const Question& question);
  trellis::Result<Granted> ask(const jose::Token& token);

  /// Tokens are signed with the keys of one namespace: they say nothing about another one.
  struct Signed {
    std::uint32_t name_space = 0;
    http_credentials::SasToken token;
  };

  Access& access_;
  const trellis::Shard& shard_;
  std::optional<jwks::Fetcher> fetcher_;

  std::uint64_t version_ = 0;  // of ring_
  std::shared_ptr<const KeyRing::All> ring_;
  Remembered<Signed> signed_;  // with the keys of ring_

  std::shared_ptr<const jose::KeySet> issuer_keys_;
  std::chrono::milliseconds look_again_{0};  // for newer ones
  Remembered<Granted> granted_;              // by issuer_keys_

  std::string decoded_, path_;  // memory
};

}  // namespace events_service
