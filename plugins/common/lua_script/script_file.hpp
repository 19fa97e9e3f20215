// A script's file, loaded for every shard.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "local_services.hpp"
#include "runner.hpp"

namespace lua {

/// One version of a script, with a state for each shard, which takes it and says then whom it serves. Made on the
/// control thread or the one that watches the file, so that shards need not wait for a script to load.
struct LoadedScript {
  LocalServices services;  // of main parts: what they leave in the store or the log is thrown away
  std::vector<std::unique_ptr<Runner>> runners;
  // As far as shards have told; a little behind while all goes well.
  mutable std::atomic<std::uint64_t> calls{0};
  mutable std::atomic<std::uint64_t> failures{0};
};

struct LoadOptions {
  std::string path;
  /// Whether a script has what the plugin needs; otherwise what is wrong.
  std::function<trellis::Result<void>(const Runner&)> check;
  Limits limits;
  bool cases = true;
  std::uint32_t shards = 1;
};

/// The name errors, log lines and metrics have for a script: its file's without the folders.
std::string script_name(std::string_view path);

/// Loads a script, and runs its cases where they lie beside it. Fails with what is wrong.
trellis::Result<std::shared_ptr<const LoadedScript>> load_script(const LoadOptions& options, std::string_view text);

}  // namespace lua
