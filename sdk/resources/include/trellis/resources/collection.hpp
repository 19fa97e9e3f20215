// The resources of one type in one namespace.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string_view>
#include <trellis/resources/document.hpp>
#include <unordered_map>

namespace trellis::resources {

/// Found by name and by key. Not for several threads.
class Collection {
 public:
  /// Null where there is none.
  DocumentPtr find(std::string_view name) const;
  /// The case of ASCII letters does not count.
  DocumentPtr find_key(std::string_view key) const;
  /// Calls function for those behind a name, in the order of names, while it answers true.
  void walk(std::string_view after, const std::function<bool(const DocumentPtr&)>& function) const;
  std::size_t size() const noexcept { return by_name_.size(); }

  /// Adds it, or replaces the one of its name.
  void put(DocumentPtr document);
  void remove(std::string_view name);

 private:
  struct ByName {
    using is_transparent = void;
    bool operator()(const DocumentPtr& a, const DocumentPtr& b) const noexcept { return a->name() < b->name(); }
    bool operator()(const DocumentPtr& a, std::string_view b) const noexcept { return a->name() < b; }
    bool operator()(std::string_view a, const DocumentPtr& b) const noexcept { return a < b->name(); }
  };
  void forget(const Document& document);

  std::set<DocumentPtr, ByName> by_name_;
  std::unordered_multimap<std::uint64_t, const Document*> by_key_;  // by the key's hash
};

/// Whether two keys are the same but for the case of ASCII letters.
bool same_key(std::string_view a, std::string_view b) noexcept;

}  // namespace trellis::resources
