/// The keys of all namespaces.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/resources.hpp>
#include <vector>

#include "common/http_credentials/access_keys.hpp"

namespace events_service {

/// Not changed once it is made.
struct NamespaceKeys {
  std::string name;                                  ///< of the namespace
  std::optional<http_credentials::AccessKeys> keys;  ///< none: it has none
  bool local = true;                                 ///< keys and SAS tokens count: disableLocalAuth is not set
};

/// Changed on the control thread, looked at on all shards: each keeps what all() gave it until version() is another.
class KeyRing {
 public:
  using All = std::vector<std::shared_ptr<const NamespaceKeys>>;  ///< by the index of the namespace; none is null

  /// Reads what there is. [control, running]
  void load(const trellis::Host& host);
  /// Reads anew what the changes are about. [control, running]
  void update(const trellis::Host& host, const std::vector<trellis::ResourceChange>& changes);

  /// Never 0 once load() was called. [any]
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  /// At least as new as what version() said before. [any]
  std::shared_ptr<const All> all() const;

  /// What load() and update() do with what they read. [control]
  void set(std::shared_ptr<const All> all);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const All> all_ = std::make_shared<const All>();  // guarded by mutex_
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace events_service
