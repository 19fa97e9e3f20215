// Plugins in processes of their own. See docs/plugin-isolation.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/hosting/instance.hpp>
#include <vector>

namespace trellis::isolation {

/// For Instance::create(): a process of its own, with the usual fallback of its kind and the usual times. Without an
/// entry for a kind that cannot have one.
hosting::Isolation process_of_its_own(std::uint32_t kind);
/// The names of the fallbacks a kind may choose between, the usual one first; none where it has no choice.
std::vector<std::string> fallbacks(std::uint32_t kind);
/// The number of one of them.
std::uint32_t fallback(std::uint32_t kind, std::string_view name);

/// What such a process runs; answers its exit code. words: those behind the verb.
int run_plugin_host(const std::vector<std::string>& words);

}  // namespace trellis::isolation
