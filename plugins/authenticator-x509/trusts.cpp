#include "trusts.hpp"

#include <utility>

namespace x509 {

Trusts::Trusts() : lists_(std::make_shared<RevocationLists>()) {
  none_ = made(std::make_shared<Authorities>(std::vector<Authority>()));
}

std::shared_ptr<const Trust> Trusts::made(std::shared_ptr<const Authorities> authorities) {
  return std::make_shared<const Trust>(Trust{std::move(authorities), lists_, ++revision_});
}

std::shared_ptr<const Trust> Trusts::of(std::string_view name_space) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(name_space);
  return found == all_.end() ? none_ : found->second;
}

std::shared_ptr<const Trust> Trusts::set(std::string_view name_space, std::shared_ptr<const Authorities> authorities) {
  const std::lock_guard lock(mutex_);
  return all_[std::string(name_space)] = made(std::move(authorities));
}

std::vector<std::string> Trusts::set(std::shared_ptr<const RevocationLists> lists) {
  const std::lock_guard lock(mutex_);
  lists_ = std::move(lists);
  std::vector<std::string> names;
  for (auto& [name, trust] : all_) {
    trust = made(trust->authorities);
    names.push_back(name);
  }
  return names;
}

}  // namespace x509
