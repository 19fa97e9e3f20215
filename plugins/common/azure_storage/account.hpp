// Storage accounts: where they answer, and how one proves who asks.
#pragma once

#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "common/http/url.hpp"

namespace azure_storage {

/// What an account offers that is used here.
enum class Service { blob, queue };

/// With a key, or with a shared access signature.
struct Account {
  std::string name;
  std::string key;  ///< its bytes; empty: sas
  std::string sas;  ///< "sv=…&sig=…", as it stands in a query
  trellis::http::Url blob;
  trellis::http::Url queue;
  std::string layer;  ///< that encrypts; empty: outbound.tls

  const trellis::http::Url& endpoint(Service service) const { return service == Service::blob ? blob : queue; }
};

/// Of one account in a plugin's settings.
trellis::Schema account_schema();

/// Reads those settings, checked against the schema. A sentence behind the path of what is wrong; keys are in none.
trellis::Result<std::vector<Account>> read_accounts(const std::vector<trellis::Config>& list);

/// Null where it is not among them. Names are small letters and digits.
const Account* find_account(const std::vector<Account>& accounts, std::string_view name) noexcept;

/// Takes a key in base64, or a shared access signature, of which exactly one is not empty. Sentences begin with
/// the name of the setting, as "/key: …".
struct Proof {
  std::string_view key;
  std::string_view key_name;  ///< what the setting is called
  std::string_view sas;
  std::string_view sas_name;
};
trellis::Result<void> take_proof(const Proof& proof, Account& account);

/// The account that a resource id of Azure names, ".../providers/Microsoft.Storage/storageAccounts/<name>", whatever
/// the case of its words. What has no slash counts as the name itself.
trellis::Result<std::string> account_in(std::string_view resource_id);

/// Whether that can be the name of a container or a queue: 3 to 63 small letters, digits and single '-' between them.
bool is_resource_name(std::string_view name) noexcept;

/// An https URL without a query; http only to this machine.
trellis::Result<trellis::http::Url> read_endpoint(std::string_view text);

}  // namespace azure_storage
