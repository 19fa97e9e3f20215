/// Bearer tokens: whose count, and what they allow.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "common/jose/key_set.hpp"
#include "common/jose/rules.hpp"
#include "common/jose/token.hpp"
#include "common/jwks/settings.hpp"
#include "common/jwks/source.hpp"

namespace events_service {

/// What a token that is good says.
struct Granted {
  std::string subject;  ///< fit for logs
  bool send = false;
  bool receive = false;
  std::chrono::seconds expires{0};  ///< Unix time, the skew included
};

/// The block `bearer` of the settings. Not changed once it is made.
class BearerRules {
 public:
  static trellis::Schema schema();
  /// Reads the block, whose schema was checked already. Fails in a sentence that begins with the path of what is wrong.
  static trellis::Result<BearerRules> read(const trellis::Config& block);

  const jwks::Source& source() const noexcept { return source_; }
  const jwks::Settings& keys() const noexcept { return keys_; }

  /// With the keys as they were seen, perhaps none (null). Fails with
  ///   no_match        newer keys may help
  ///   not_authorized  the token is not good, whatever the keys are
  /// and with a sentence that may be shown to the client. now: Unix time.
  trellis::Result<Granted> judge(const jose::Token& token, const jose::KeySet* keys, std::chrono::seconds now) const;

 private:
  Granted granted_by(const jose::Claims& claims) const;
  void add_role(std::string_view role, Granted& granted) const;

  jose::Rules rules_;
  jwks::Source source_;
  jwks::Settings keys_;
  std::vector<std::string> claims_;  // those that hold roles
  std::vector<std::string> send_;
  std::vector<std::string> receive_;
  std::vector<std::string> both_;
};

}  // namespace events_service
