#include <functional>
#include <trellis/runtime/homes.hpp>

namespace trellis::runtime {

Homes::Key Homes::key(std::uint32_t name_space, std::string_view name) noexcept {
  const std::uint64_t hash = std::hash<std::string_view>{}(name) + name_space * 0x9E3779B97F4A7C15u;
  return hash == 0 ? 1 : hash;
}

Homes::Home Homes::home_of(Key key, std::uint32_t shard) noexcept {
  return {static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key), shard & 0xFF, 0};
}

std::uint32_t Homes::hold(Key key, std::uint32_t here) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  const Home& home = *part.homes.insert(home_of(key, here)).first;
  ++home.uses;
  return home.shard;
}

void Homes::release(Key key) noexcept {
  if (key == 0) return;
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  const auto found = part.homes.find(home_of(key, 0));
  if (found == part.homes.end() || --found->uses > 0) return;
  part.homes.erase(found);
  // What a storm of clients left behind is given back.
  if (part.homes.empty() && part.homes.bucket_count() > kWorthFreeing) part.homes = {};
}

std::size_t Homes::size() const {
  std::size_t size = 0;
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    size += part.homes.size();
  }
  return size;
}

}  // namespace trellis::runtime
