#include "common/cloud_event/keys.hpp"

#include <algorithm>

#include "common/cloud_event/fold.hpp"

namespace cloud_event {
namespace {

constexpr std::string_view kData = "data";

}  // namespace

trellis::Result<Path> Path::parse(std::string_view key) {
  if (key.size() > kMostBytes) {
    return trellis::fail("a key has at most " + std::to_string(kMostBytes) + " bytes, not " +
                         std::to_string(key.size()));
  }
  Path path;
  std::string_view rest = key;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view name = rest.substr(0, dot);
    if (name.empty()) {
      return trellis::fail(key.empty() ? "expected a key, found empty text"
                                       : "expected names with one dot between them, found \"" + std::string(key) + '"');
    }
    path.names.emplace_back(name);
    if (path.names.size() > kMostNames) {
      return trellis::fail("a key has at most " + std::to_string(kMostNames) + " names");
    }
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  std::string& first = path.names.front();
  first = folded(first);
  if (path.names.size() == 1 && first == "eventid") first = "id";
  if (path.names.size() == 1 && first == "eventtype") first = "type";
  return path;
}

std::span<const Keys::Child> Keys::Node::find(std::string_view folded) const noexcept {
  const auto found = std::ranges::equal_range(children, folded, std::ranges::less{},
                                              [](const Child& child) -> std::string_view { return child.folded; });
  return {found.begin(), found.end()};
}

std::uint32_t Keys::child(std::uint32_t parent, const std::string& name) {
  const std::string small = folded(name);
  for (const Child& known : nodes_[parent].find(small)) {
    if (known.name == name) return known.node;
  }
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  const bool top = parent == 0;
  if (top && name == kData) data_ = index;
  nodes_[index].attribute = top && name != kData;
  auto& children = nodes_[parent].children;
  const auto place =
      std::ranges::upper_bound(children, small, std::ranges::less{}, [](const Child& other) { return other.folded; });
  nodes_[parent].lengths |= Node::length_bit(small.size());
  children.insert(place, Child{small, name, index});
  return index;
}

std::uint32_t Keys::add(const Path& path, std::uint8_t wants) {
  std::uint32_t at = 0;
  for (const std::string& name : path.names) at = child(at, name);
  Node& node = nodes_[at];
  if (node.slot == Node::kNoSlot) node.slot = slots_++;
  node.wants |= wants;
  return node.slot;
}

}  // namespace cloud_event
