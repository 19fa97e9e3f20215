/// All issuers whose keys one plugin uses.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/shard.hpp>
#include <vector>

#include "common/jwks/issuer_keys.hpp"
#include "common/jwks/settings.hpp"

namespace jwks {

class Fetcher;

struct Metrics {
  trellis::Metric fetched, failed;  ///< key sets asked for, by what came of it
  trellis::Metric failing;          ///< issuers that did not answer the last time
  trellis::Metric waiting;          ///< questions that wait now
  trellis::Metric overdue;          ///< questions whose time was over before keys came

  /// trellis_jwks_…, labels as Prometheus text: authenticator="jwt". [control]
  static Metrics declare(const trellis::Host& host, std::string_view labels);
};

/// Owned by the plugin as a shared_ptr, made in start(). The plugin's ShardState of the first shard holds a Fetcher,
/// which does the work; everything here may be called from any thread.
///
///   auto keys = issuer->keys();
///   judge with them; where they lack the key:
///   issuers->wait(shard, *issuer, keys.get(), token, [=] { judge again, for good });
class Issuers : public std::enable_shared_from_this<Issuers> {
 public:
  Issuers(const trellis::Host& host, const Settings& settings, const Metrics& metrics)
      : host_(host), settings_(settings), metrics_(metrics) {}

  /// The issuer of that source, the same for all who ask as long as one of them keeps it. Its keys are fetched at once,
  /// and kept fresh until nobody has it any more.
  std::shared_ptr<IssuerKeys> get(const Source& source);

  /// Calls `then` once on the first shard, never from within, when a fetch ended or Settings::wait is over: what
  /// issuer.keys() says then is all there will be. number: for forget().
  Waiting wait(const trellis::Shard& shard, const std::shared_ptr<IssuerKeys>& issuer, const jose::KeySet* seen,
               std::uint64_t number, IssuerKeys::Then then);
  /// Whoever waits under that number no longer does: its function is not called any more, unless it is being called.
  void forget(IssuerKeys& issuer, std::uint64_t number);

  const trellis::Host& host() const noexcept { return host_; }
  const Settings& settings() const noexcept { return settings_; }
  const Metrics& metrics() const noexcept { return metrics_; }

 private:
  friend class Fetcher;

  /// No fetcher serves them any more; answers all there are.
  std::vector<std::shared_ptr<IssuerKeys>> stop();
  std::vector<std::shared_ptr<IssuerKeys>> all();
  void serve_soon(std::shared_ptr<IssuerKeys> issuer);

  const trellis::Host host_;
  const Settings settings_;
  const Metrics metrics_;
  std::mutex mutex_;
  std::map<Source, std::weak_ptr<IssuerKeys>> issuers_;  // guarded by mutex_
  bool stopped_ = false;                                 // guarded by mutex_
  Fetcher* fetcher_ = nullptr;                           // of the first shard, while it is there; used on it only
};

}  // namespace jwks
