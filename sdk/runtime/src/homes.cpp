#include <random>
#include <trellis/runtime/homes.hpp>

namespace trellis::runtime {

Homes::Key Homes::key(std::uint32_t name_space, std::string_view name) noexcept {
  // Begun differently in each process: nobody finds another name of the same key beforehand.
  static const std::uint64_t seed = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
  std::uint64_t hash = seed + name_space * 0x9E3779B97F4A7C15u;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    hash = (hash ^ static_cast<unsigned char>(lower)) * 0x100000001B3u;
  }
  hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93u;
  hash ^= hash >> 32;
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

bool Homes::hold_up_to(Key key, std::uint32_t most) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  const auto found = part.homes.find(home_of(key, 0));
  if (most != 0 && found != part.homes.end() && found->uses >= most) return false;
  ++part.homes.insert(home_of(key, 0)).first->uses;
  return true;
}

bool Homes::held(Key key) const {
  const Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  return part.homes.contains(home_of(key, 0));
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
