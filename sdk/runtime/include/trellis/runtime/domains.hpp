// Domains that namespaces claim and have to prove to own.
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
    bool unchecked = false;             // counts without proof
    std::atomic<bool> approved{false};  // counts
  };
  using Claims = std::vector<std::pair<std::string, std::string>>;  // name, namespace

  /// Those that stay under their namespace keep what is known of them.
  void set(const Claims& claims, bool checked) {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Domain>> next;
    for (const auto& [name, name_space] : claims) {
      auto domain = find_locked(name);
      if (domain == nullptr || domain->name_space != name_space || domain->unchecked == checked) {
        domain = std::make_shared<Domain>();
        domain->name = name;
        domain->name_space = name_space;
        domain->unchecked = !checked;
        domain->approved = !checked;
      }
      next.push_back(std::move(domain));
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
