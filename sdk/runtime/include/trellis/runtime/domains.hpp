// What namespaces are called: their hosts, and domains that they claim and have to prove to own.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::runtime {

/// Who claims what, and which of them count. [any]
class Domains {
 public:
  struct Domain {
    std::string name;
    std::string name_space;
    bool host = false;                  // one of "hosts"; counts without proof
    bool unchecked = false;             // a claim that counts without proof
    std::atomic<bool> approved{false};  // counts
  };
  /// Of one namespace.
  struct Names {
    std::string name_space;
    std::vector<std::string> hosts;
    std::vector<std::string> claimed;
  };

  /// Those that stay under their namespace keep what is known of them.
  void set(const std::vector<Names>& all, bool checked) {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Domain>> next;
    for (const Names& names : all) {
      for (const std::string& name : names.hosts) next.push_back(kept_or_made(name, names.name_space, true, false));
      for (const std::string& name : names.claimed) {
        next.push_back(kept_or_made(name, names.name_space, false, !checked));
      }
    }
    domains_ = std::move(next);
  }
  std::vector<std::shared_ptr<Domain>> all() const {
    const std::lock_guard lock(mutex_);
    return domains_;
  }
  /// Null where nobody claims it.
  std::shared_ptr<Domain> find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    return find_locked(name);
  }

 private:
  std::shared_ptr<Domain> kept_or_made(const std::string& name, const std::string& name_space, bool host,
                                       bool unchecked) const {
    auto domain = find_locked(name);
    const bool same =
        domain != nullptr && domain->name_space == name_space && domain->host == host && domain->unchecked == unchecked;
    if (same) return domain;
    domain = std::make_shared<Domain>();
    domain->name = name;
    domain->name_space = name_space;
    domain->host = host;
    domain->unchecked = unchecked;
    domain->approved = host || unchecked;
    return domain;
  }
  std::shared_ptr<Domain> find_locked(std::string_view name) const {
    for (const auto& domain : domains_) {
      if (domain->name == name) return domain;
    }
    return nullptr;
  }

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Domain>> domains_;
};

}  // namespace trellis::runtime
