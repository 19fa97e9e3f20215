#include "common/azure_storage/account.hpp"

#include <algorithm>
#include <trellis/json.hpp>
#include <trellis/networks.hpp>
#include <utility>

#include "common/base64/base64.hpp"
#include "common/http/characters.hpp"

namespace azure_storage {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;
using trellis::Schema;
using trellis::http::Url;

constexpr std::size_t kLongestName = 24;
constexpr std::size_t kLongestSas = 4096;

bool is_small(char c) noexcept { return (c >= 'a' && c <= 'z') || trellis::http::is_digit(c); }

bool is_account_name(std::string_view name) noexcept {
  // Azure's have 3 at least; an emulator's may be shorter.
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, is_small);
}

// Where it is not said: as Azure has them.
Result<Url> endpoint_of(const Config& account, std::string_view setting, std::string_view service) {
  const std::string text = account.text(setting, "");
  const std::string usual =
      "https://" + account.text("name") + "." + std::string(service) + "." + account.text("endpoint_suffix");
  auto url = read_endpoint(text.empty() ? usual : text);
  const std::string_view place = text.empty() ? std::string_view("endpoint_suffix") : setting;
  if (!url) return fail(account.path() + "/" + std::string(place) + ": " + url.error().text);
  return url;
}

Result<Account> read_account(const Config& config) {
  Account account;
  account.name = config.text("name");
  account.layer = config.text("layer");
  if (!is_account_name(account.name)) {
    return fail(config.path() + "/name: expected 1 to 24 small letters and digits, found " +
                trellis::json::quote(account.name));
  }
  const std::string key = config.text("key", "");
  const std::string sas = config.text("sas_token", "");
  if (auto taken = take_proof({key, "key", sas, "sas_token"}, account); !taken) {
    return fail(config.path() + taken.error().text);
  }
  auto blob = endpoint_of(config, "blob_endpoint", "blob");
  if (!blob) return blob.error();
  auto queue = endpoint_of(config, "queue_endpoint", "queue");
  if (!queue) return queue.error();
  account.blob = std::move(*blob);
  account.queue = std::move(*queue);
  return account;
}

}  // namespace

Schema account_schema() {
  return Schema{}
      .text("name", {.help = "The account's name.", .required = true, .minimum_length = 1, .maximum_length = 24})
      .secret("key", {.help = "One of its keys, in base64. Requests are signed with it."})
      .secret("sas_token", {.help = "Or a shared access signature: the query that Azure makes for one."})
      .text("endpoint_suffix", {.help = "What its host names end with, behind blob. and queue. ",
                                .fallback = "core.windows.net",
                                .minimum_length = 1,
                                .maximum_length = 200})
      .text("blob_endpoint", {.help = "Where its blobs are instead, such as http://127.0.0.1:10000/devstoreaccount1 of "
                                      "an emulator.",
                              .maximum_length = 2048})
      .text("queue_endpoint", {.help = "Where its queues are instead.", .maximum_length = 2048})
      .text("layer", {.help = "Instance of the layer that encrypts connections to it, one of the configuration's "
                              "outbound.layers. Default: outbound.tls.",
                      .fallback = ""});
}

Result<std::vector<Account>> read_accounts(const std::vector<Config>& list) {
  std::vector<Account> accounts;
  for (const Config& one : list) {
    auto account = read_account(one);
    if (!account) return account.error();
    if (find_account(accounts, account->name) != nullptr) {
      return fail(one.path() + "/name: " + trellis::json::quote(account->name) + " is there twice");
    }
    accounts.push_back(std::move(*account));
  }
  return accounts;
}

const Account* find_account(const std::vector<Account>& accounts, std::string_view name) noexcept {
  const auto found = std::ranges::find(accounts, name, &Account::name);
  return found == accounts.end() ? nullptr : &*found;
}

Result<void> take_proof(const Proof& proof, Account& account) {
  const std::string key_place = "/" + std::string(proof.key_name) + ": ";
  const std::string sas_place = "/" + std::string(proof.sas_name) + ": ";
  if (proof.key.empty() == proof.sas.empty()) {
    return fail(key_place + "expected either " + std::string(proof.key_name) + " or " + std::string(proof.sas_name) +
                (proof.key.empty() ? ", found neither" : ", found both"));
  }
  if (!proof.key.empty()) {
    auto bytes = common::from_base64(proof.key);
    if (!bytes || bytes->empty()) return fail(key_place + "is not base64, as keys of storage accounts are");
    account.key = std::move(*bytes);
    return ok();
  }
  std::string_view sas = proof.sas;
  if (sas.starts_with('?')) sas.remove_prefix(1);
  const bool whole = ("&" + std::string(sas)).find("&sig=") != std::string::npos;
  if (!whole || sas.size() > kLongestSas || !std::ranges::all_of(sas, trellis::http::is_target_char)) {
    return fail(sas_place + "is no shared access signature; expected a query with sig=, such as sv=…&se=…&sig=…");
  }
  account.sas = sas;
  return ok();
}

Result<std::string> account_in(std::string_view resource_id) {
  const std::size_t slash = resource_id.rfind('/');
  std::string name(resource_id.substr(slash == std::string_view::npos ? 0 : slash + 1));
  std::ranges::transform(name, name.begin(), trellis::http::lower);
  if (slash != std::string_view::npos) {
    static constexpr std::string_view kEnd = "/providers/Microsoft.Storage/storageAccounts";
    const std::string_view before = resource_id.substr(0, slash);
    const bool right = before.size() >= kEnd.size() &&
                       trellis::http::equals_ignoring_case(before.substr(before.size() - kEnd.size()), kEnd);
    if (!right) name.clear();
  }
  if (is_account_name(name)) return name;
  return fail("expected the id of a storage account, …/providers/Microsoft.Storage/storageAccounts/<name>, found " +
              trellis::json::quote(resource_id));
}

bool is_resource_name(std::string_view name) noexcept {
  if (name.size() < 3 || name.size() > 63 || name.front() == '-' || name.back() == '-') return false;
  return std::ranges::all_of(name, [](char c) { return is_small(c) || c == '-'; }) &&
         name.find("--") == std::string_view::npos;
}

Result<Url> read_endpoint(std::string_view text) {
  auto url = trellis::http::parse_url(text);
  if (!url) return url;
  if (!url->secure && !trellis::is_this_machine(url->host)) {
    return fail("found an http:// URL, expected https://; only on this machine keys and events may go in clear text");
  }
  if (url->target.find('?') != std::string::npos) return fail("expected a URL without a query");
  while (url->target.ends_with('/')) url->target.pop_back();
  return url;
}

}  // namespace azure_storage
