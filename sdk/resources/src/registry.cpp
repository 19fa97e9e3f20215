#include <algorithm>
#include <iterator>
#include <mutex>
#include <trellis/resources/registry.hpp>

#include "batch.hpp"

namespace trellis::resources {

void Registry::set_namespaces(std::vector<std::string> names) {
  const std::unique_lock lock(mutex_);
  namespaces_ = std::move(names);
  const auto gone = [this](const std::string& name) {
    return std::ranges::find(namespaces_, name) == namespaces_.end();
  };
  std::erase_if(collections_, [&](const auto& item) { return gone(item.first.first); });
  std::erase_if(needed_, [&](const auto& item) { return gone(item.first.name_space); });
}

std::vector<Observer*> Registry::judges(const Declared& declared) const {
  std::vector<Observer*> found;
  std::ranges::copy_if(declared.observers, std::back_inserter(found),
                       [this](const Observer* one) { return !leaving_.contains(one); });
  return found.empty() ? declared.observers : found;
}

std::size_t Registry::strictest(const Declared& declared) const {
  std::size_t least = 0;
  for (const Observer* const one : judges(declared)) {
    const auto bound = declared.most.find(one);
    if (bound != declared.most.end() && (least == 0 || bound->second < least)) least = bound->second;
  }
  return least;
}

// One '/' in a name has to be enough to tell whose it is.
std::string Registry::parent_fault(const Declaration& declaration) const {
  const auto cannot_be = [](const Declaration& parent, const Declaration& child) -> std::string {
    const std::string whose = "\"" + parent.name + "\" cannot be the parent of \"" + child.name + "\": ";
    if (!parent.parent.empty()) return whose + "it has a parent itself";
    if (parent.further_characters.find('/') != std::string::npos) return whose + "its names may have a '/'";
    return {};
  };
  if (const auto parent = types_.find(declaration.parent); !declaration.parent.empty() && parent != types_.end()) {
    std::string fault = cannot_be(parent->second.type.declaration(), declaration);
    if (!fault.empty()) return fault;
  }
  for (const auto& [name, declared] : types_) {
    const Declaration& other = declared.type.declaration();
    std::string fault = other.parent == declaration.name ? cannot_be(declaration, other) : std::string();
    if (!fault.empty()) return fault;
  }
  return {};
}

std::string Registry::declare(const Declaration& declaration, Observer& observer) {
  const auto found = types_.find(declaration.name);
  if (found != types_.end()) {
    Declared& declared = found->second;
    Declaration alike = declaration;
    alike.most = declared.type.declaration().most;
    if (declared.type.declaration() != alike)
      return "another plugin says otherwise what resources of the type \"" + declaration.name + "\" are";
    const std::unique_lock lock(mutex_);
    declared.observers.push_back(&observer);
    if (declaration.most != 0) declared.most[&observer] = declaration.most;
    return {};
  }
  std::string error;
  auto type = Type::make(declaration, error);
  if (type) error = parent_fault(declaration);
  if (!error.empty()) return "resources of the type \"" + declaration.name + "\": " + error;
  const std::unique_lock lock(mutex_);
  Declared& declared = types_.emplace(declaration.name, Declared{std::move(*type), {&observer}, {}}).first->second;
  if (declaration.most != 0) declared.most[&observer] = declaration.most;
  return {};
}

void Registry::leave(const Observer& observer) {
  const std::unique_lock lock(mutex_);
  leaving_.insert(&observer);
}

void Registry::stay() {
  const std::unique_lock lock(mutex_);
  leaving_.clear();
}

void Registry::withdraw(const Observer& observer) {
  const std::unique_lock lock(mutex_);
  leaving_.erase(&observer);
  listening_.erase(&observer);
  std::erase(of_all_, &observer);
  for (auto& [name, declared] : types_) {
    std::erase(declared.observers, &observer);
    declared.most.erase(&observer);
  }
  std::erase_if(types_, [](const auto& item) { return item.second.observers.empty(); });
  std::erase_if(collections_, [this](const auto& item) { return !types_.contains(item.first.second); });
  std::erase_if(needed_, [this](const auto& item) { return !types_.contains(item.first.type); });
}

Outcome Registry::apply(std::span<const Operation> operations, Origin origin) {
  Batch batch(*this, operations, origin);
  if (batch.judge()) batch.make();
  return batch.outcome();
}

Outcome Registry::plan(std::span<const Operation> operations, Origin origin) {
  Batch batch(*this, operations, origin);
  batch.judge();
  return batch.outcome();
}

const Collection* Registry::collection(std::string_view name_space, std::string_view type) const {
  const auto found = collections_.find({std::string(name_space), std::string(type)});
  return found == collections_.end() ? nullptr : &found->second;
}

DocumentPtr Registry::find(std::string_view name_space, std::string_view type, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const Collection* const found = collection(name_space, type);
  return found == nullptr ? nullptr : found->find(name);
}

DocumentPtr Registry::find_key(std::string_view name_space, std::string_view type, std::string_view key) const {
  const std::shared_lock lock(mutex_);
  const Collection* const found = collection(name_space, type);
  return found == nullptr ? nullptr : found->find_key(key);
}

void Registry::walk(std::string_view name_space, std::string_view type, std::string_view after,
                    const std::function<bool(const DocumentPtr&)>& function) const {
  const std::shared_lock lock(mutex_);
  if (const Collection* const found = collection(name_space, type)) found->walk(after, function);
}

std::size_t Registry::size(std::string_view name_space, std::string_view type) const {
  const std::shared_lock lock(mutex_);
  const Collection* const found = collection(name_space, type);
  return found == nullptr ? 0 : found->size();
}

std::vector<std::string> Registry::types() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, declared] : types_) names.push_back(name);
  return names;
}

bool Registry::describe(std::string_view type, const std::function<void(const Declaration&)>& function) const {
  const std::shared_lock lock(mutex_);
  const auto found = types_.find(type);
  if (found == types_.end()) return false;
  Declaration declaration = found->second.type.declaration();
  declaration.most = strictest(found->second);
  function(declaration);
  return true;
}

std::vector<std::string> Registry::namespaces() const {
  const std::shared_lock lock(mutex_);
  return namespaces_;
}

}  // namespace trellis::resources
