// Tokens for endpoints, shared by all shards: each is fetched by one of them at a time, before it expires.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

#include "common/http/client.hpp"

namespace common {

/// All members may be called from any thread. Times are of the shards' monotonic clock.
class TokenStore {
 public:
  using Milliseconds = std::chrono::milliseconds;

  enum class Turn {
    use,            // the token
    use_and_fetch,  // the token, and a new one as well: whoever is told this fetches it
    fetch,          // there is none: whoever is told this fetches it
    wait            // somebody fetches one
  };
  struct Answer {
    Turn turn;
    std::string token = {};
  };

  Answer ask(const std::string& key, Milliseconds now);
  /// What came of a fetch: the token is in use from now on, or why there is none.
  trellis::Result<void> take(const std::string& key, trellis::http::ClientResult result, Milliseconds now);
  /// Who was to fetch it has it.
  void fetched(const std::string& key, std::string token, Milliseconds lifetime, Milliseconds now);
  /// Who was to fetch it got none. Whoever asks next tries again; while the old one holds, a little later.
  void failed(const std::string& key, Milliseconds now);
  /// The endpoint does not believe it. One that is fresh is kept all the same: the endpoint may mean the client, and
  /// clients must not be able to have tokens fetched. Whether the next one who asks gets another.
  bool refused(const std::string& key, std::string_view token, Milliseconds now);

 private:
  struct Entry {
    std::string token;
    Milliseconds fetched_at{0};
    Milliseconds renew_at{0};
    Milliseconds ends_at{0};
    bool fetching = false;
  };

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
};

}  // namespace common
