#include "letter_blobs.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "common/azure_storage/fault.hpp"
#include "common/azure_storage/xml.hpp"

namespace events_service {
namespace {

using common::Outcome;
using trellis::http::ClientResult;

constexpr std::size_t kAnswerBytes = std::size_t{64} << 10U;
constexpr std::size_t kListBytes = std::size_t{8} << 20U;  // a thousand names take a megabyte
constexpr int kMostPages = 100;

// Adds the last part of each name below the prefix.
void add_names(std::string_view document, std::string_view prefix, std::set<std::string>& names) {
  for (std::string_view name : azure_storage::elements(document, "Name")) {
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    if (name.ends_with('/')) name.remove_suffix(1);
    // Others may have put something there that dead letters are never called.
    if (!name.empty() && name.find_first_of("/&") == std::string_view::npos) names.emplace(name);
  }
}

}  // namespace

trellis::Result<LetterBlobs::Spot> LetterBlobs::spot_of(std::string_view path) const {
  const std::size_t first = path.find('/');
  const std::size_t second = first == std::string_view::npos ? first : path.find('/', first + 1);
  if (second == std::string_view::npos) return trellis::fail("there is no such folder", trellis::Status::no_match);
  const std::string_view name = path.substr(0, first);
  const azure_storage::Account* const account = azure_storage::find_account(accounts_, name);
  if (account == nullptr) {
    return trellis::fail("the setting dead_letters.accounts has no storage account '" + std::string(name) + "'",
                         trellis::Status::unavailable);
  }
  return Spot{account, std::string(path.substr(first + 1, second - first - 1)), std::string(path.substr(second + 1))};
}

trellis::Result<LetterBlobs::Spot> LetterBlobs::spot_of(std::string_view folder, std::string_view id) const {
  const auto path = letter_path(folder, id);
  if (!path) return trellis::fail("there is no such blob", trellis::Status::no_match);
  return spot_of(*path);
}

trellis::Result<void> LetterBlobs::write(std::string_view folder, std::string_view id, std::string_view text) const {
  const auto spot = spot_of(folder, id);
  if (!spot) return spot.error();
  azure_storage::Call call{"PUT", spot->path(), {}, {}, std::string(text)};
  call.headers = {{"x-ms-blob-type", "BlockBlob"}, {"content-type", "application/json"}};
  ClientResult result = ask_(*spot->account, std::move(call), kAnswerBytes);
  const auto verdict = azure_storage::judge(result, spot->name());
  return verdict.outcome == Outcome::delivered ? trellis::ok()
                                               : trellis::fail(verdict.reason, trellis::Status::unavailable);
}

trellis::Result<std::string> LetterBlobs::read(std::string_view folder, std::string_view id,
                                               std::size_t most_bytes) const {
  const auto spot = spot_of(folder, id);
  if (!spot) return spot.error();
  ClientResult result = ask_(*spot->account, {"GET", spot->path(), {}}, most_bytes);
  const auto verdict = azure_storage::judge(result, spot->name());
  if (verdict.outcome == Outcome::delivered) return std::move(result->body);
  return trellis::fail(verdict.reason, verdict.code == 404 ? trellis::Status::no_match : trellis::Status::unavailable);
}

trellis::Result<void> LetterBlobs::remove(std::string_view folder, std::string_view id) const {
  const auto spot = spot_of(folder, id);
  if (!spot) return spot.error();
  ClientResult result = ask_(*spot->account, {"DELETE", spot->path(), {}}, kAnswerBytes);
  const auto verdict = azure_storage::judge(result, spot->name());
  if (verdict.outcome == Outcome::delivered || verdict.code == 404) return trellis::ok();
  return trellis::fail(verdict.reason, trellis::Status::unavailable);
}

trellis::Result<std::vector<std::string>> LetterBlobs::names_in(const std::string& path) const {
  const auto spot = spot_of(path + '/');
  if (!spot) return spot.error();
  std::set<std::string> names;
  std::string marker;
  for (int page = 0; page < kMostPages; ++page) {
    azure_storage::Call call{"GET",
                             spot->container,
                             {{"restype", "container"},
                              {"comp", "list"},
                              {"prefix", spot->blob},
                              {"delimiter", "/"},
                              {"maxresults", "1000"}}};
    if (!marker.empty()) call.query.emplace_back("marker", marker);
    ClientResult result = ask_(*spot->account, std::move(call), kListBytes);
    const auto verdict = azure_storage::judge(result, spot->name());
    if (verdict.outcome != Outcome::delivered) return trellis::fail(verdict.reason, trellis::Status::unavailable);
    add_names(result->body, spot->blob, names);
    marker = azure_storage::unescape_xml(azure_storage::element(result->body, "NextMarker"));
    if (marker.empty()) return std::vector<std::string>(names.begin(), names.end());
  }
  return trellis::fail(spot->name() + ": more than 100,000 names begin with " + spot->blob,
                       trellis::Status::unavailable);
}

}  // namespace events_service
