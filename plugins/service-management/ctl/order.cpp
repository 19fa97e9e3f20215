#include "ctl/order.hpp"

#include <algorithm>
#include <tuple>

#include "route.hpp"

namespace management::ctl {
namespace {

constexpr std::size_t kFew = 250;
constexpr std::size_t kBatchBytes = 512 * 1024;  // half of what a transport takes unless told otherwise

std::size_t size_of(const Manifest& one) {
  return one.type.size() + one.name.size() + (one.properties ? one.properties->size() : 4) + 64;
}

}  // namespace

TypeOrder::TypeOrder(const trellis::json::Value& answer) {
  if (const auto* most = answer.find("batchOperations"); most != nullptr && most->integer > 0)
    batch_operations_ = static_cast<std::size_t>(most->integer);
  const auto* const types = answer.find("value");
  if (types == nullptr) return;
  for (const auto& type : types->items) {
    if (const auto* name = type.find("name")) types_.emplace(name->text, Facts{types_.size(), types_.size()});
  }
  for (const auto& type : types->items) {
    const auto* const name = type.find("name");
    const auto* const references = type.find("references");
    if (name == nullptr) continue;
    if (const auto* const parent = type.find("parent")) join(name->text, parent->text);
    if (references == nullptr) continue;
    for (const auto& one : references->items) {
      if (const auto* const named = one.find("type")) join(name->text, named->text);
    }
  }
}

void TypeOrder::join(std::string_view type, std::string_view other) {
  const auto found = types_.find(other);
  if (found == types_.end()) return;
  const std::size_t joined = found->second.group;
  const std::size_t mine = group(type);
  for (auto& [word, facts] : types_) {
    if (facts.group == joined) facts.group = mine;
  }
}

std::size_t TypeOrder::rank(std::string_view type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? types_.size() : found->second.rank;
}

std::size_t TypeOrder::most(std::string_view type) const {
  const auto same = [mine = group(type)](const auto& one) { return one.second.group == mine; };
  return std::ranges::count_if(types_, same) > 1 ? batch_operations_ : std::min(batch_operations_, kFew);
}

std::size_t TypeOrder::group(std::string_view type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? types_.size() : found->second.group;
}

bool TypeOrder::knows(std::string_view type) const {
  return std::ranges::any_of(types_, [&](const auto& one) { return same_word(one.first, type); });
}

std::vector<Batch> batches_of(const Manifests& manifests, const TypeOrder& order, std::string_view usual_namespace) {
  const auto space = [&](const Manifest& one) {
    return one.name_space.empty() ? usual_namespace : std::string_view(one.name_space);
  };
  // What goes does so when nothing names it any more: last, and what names others before these.
  using Key = std::tuple<std::string_view, std::size_t, bool, std::size_t>;
  std::vector<std::pair<Key, const Manifest*>> sorted;
  for (const Manifest& one : manifests.all) {
    const std::size_t rank = order.rank(one.type);
    const bool goes = !one.properties;
    sorted.emplace_back(Key(space(one), order.group(one.type), goes, goes ? ~rank : rank), &one);
  }
  std::ranges::stable_sort(sorted, {}, &std::pair<Key, const Manifest*>::first);

  std::vector<Batch> batches;
  std::size_t bytes = 0;
  std::size_t last_group = 0;
  for (const auto& [key, one] : sorted) {
    const std::size_t group = std::get<1>(key);
    const bool fits = !batches.empty() && batches.back().name_space == space(*one) && group == last_group &&
                      batches.back().manifests.size() < order.most(one->type) && bytes + size_of(*one) < kBatchBytes;
    if (!fits) batches.push_back({std::string(space(*one)), {}});
    if (!fits) bytes = 0;
    last_group = group;
    bytes += size_of(*one);
    batches.back().manifests.push_back(one);
  }
  return batches;
}

}  // namespace management::ctl
