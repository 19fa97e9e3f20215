// Whom each namespace believes now.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "chain.hpp"

namespace x509 {

/// Snapshots, replaced as a whole when authorities or revocation lists change. [any]
class Trusts {
 public:
  Trusts();

  /// Never null: a namespace nobody spoke of has no authority.
  std::shared_ptr<const Trust> of(std::string_view name_space) const;

  /// What the namespace believes from now on.
  std::shared_ptr<const Trust> set(std::string_view name_space, std::shared_ptr<const Authorities> authorities);
  /// New lists for all namespaces; answers their names.
  std::vector<std::string> set(std::shared_ptr<const RevocationLists> lists);

 private:
  std::shared_ptr<const Trust> made(std::shared_ptr<const Authorities> authorities);

  mutable std::mutex mutex_;
  std::uint64_t revision_ = 0;                    // of the newest; guarded by mutex_, as all below
  std::shared_ptr<const RevocationLists> lists_;  // never null
  std::shared_ptr<const Trust> none_;
  std::map<std::string, std::shared_ptr<const Trust>, std::less<>> all_;
};

}  // namespace x509
