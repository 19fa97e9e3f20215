#include <algorithm>
#include <trellis/resources/collection.hpp>

namespace trellis::resources {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// FNV-1a: stable and good enough for names, which nobody can choose to collide without being their administrator.
std::uint64_t hash_of(std::string_view key) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(lower(c))) * 0x100000001B3;
  return hash;
}

}  // namespace

bool same_key(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

DocumentPtr Collection::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : *found;
}

DocumentPtr Collection::find_key(std::string_view key) const {
  const auto [begin, end] = by_key_.equal_range(hash_of(key));
  for (auto i = begin; i != end; ++i) {
    if (same_key(i->second->key(), key)) return DocumentPtr(i->second);
  }
  return nullptr;
}

void Collection::walk(std::string_view after, const std::function<bool(const DocumentPtr&)>& function) const {
  auto next = after.empty() ? by_name_.begin() : by_name_.upper_bound(after);
  while (next != by_name_.end() && function(*next)) ++next;
}

void Collection::put(DocumentPtr document) {
  remove(document->name());
  by_key_.emplace(hash_of(document->key()), document.get());
  by_name_.insert(std::move(document));
}

void Collection::remove(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  forget(**found);
  by_name_.erase(found);
}

void Collection::forget(const Document& document) {
  const auto [begin, end] = by_key_.equal_range(hash_of(document.key()));
  for (auto i = begin; i != end; ++i) {
    if (i->second != &document) continue;
    by_key_.erase(i);
    return;
  }
}

}  // namespace trellis::resources
