#include "token_store.hpp"

#include <algorithm>
#include <utility>

#include "token_answer.hpp"

namespace common {
namespace {

using std::chrono::milliseconds;

// How long before its end a token is not used any more: it travels, and clocks differ.
constexpr milliseconds kMargin{10'000};
// How long before that a new one is fetched, at most a quarter of its life.
constexpr milliseconds kAhead{120'000};
constexpr milliseconds kTryAgain{5'000};
constexpr milliseconds kFresh{30'000};

}  // namespace

TokenStore::Answer TokenStore::ask(const std::string& key, Milliseconds now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  if (!entry.token.empty() && now < entry.ends_at) {
    const bool renews = now >= entry.renew_at && !entry.fetching;
    entry.fetching = entry.fetching || renews;
    return {renews ? Turn::use_and_fetch : Turn::use, entry.token};
  }
  entry.token.clear();
  return {std::exchange(entry.fetching, true) ? Turn::wait : Turn::fetch};
}

trellis::Result<void> TokenStore::take(const std::string& key, trellis::http::ClientResult result, Milliseconds now) {
  trellis::Result<IssuedToken> issued =
      result ? read_token_answer(result->status, result->body) : trellis::fail(result.error().text);
  if (!issued) {
    failed(key, now);
    return issued.error();
  }
  fetched(key, std::move(issued->token), issued->lifetime, now);
  return trellis::ok();
}

void TokenStore::fetched(const std::string& key, std::string token, Milliseconds lifetime, Milliseconds now) {
  const std::lock_guard lock(mutex_);
  // Those of settings that are gone are asked for by nobody.
  std::erase_if(entries_, [&](const auto& one) { return !one.second.fetching && one.second.ends_at <= now; });
  Entry& entry = entries_[key];
  entry.token = std::move(token);
  entry.fetched_at = now;
  // One that hardly lives serves those who wait for it, and is fetched again for the next.
  entry.ends_at = now + std::max(lifetime - kMargin, lifetime / 2);
  entry.renew_at = entry.ends_at - std::min(kAhead, lifetime / 4);
  entry.fetching = false;
}

void TokenStore::failed(const std::string& key, Milliseconds now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  entry.fetching = false;
  entry.renew_at = now + kTryAgain;
}

bool TokenStore::refused(const std::string& key, std::string_view token, Milliseconds now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.token != token || now - found->second.fetched_at < kFresh) {
    return false;
  }
  found->second.token.clear();
  return true;
}

}  // namespace common
