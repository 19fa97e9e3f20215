// A plugin library: loaded, looked at, found fit or refused with a sentence.
#pragma once

#include <trellis/abi/plugin.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::kernel {

/// Never unmapped: code of a plugin may still run in threads or destructors nobody knows of. [control]
class Library {
 public:
  /// Null with error set when the file is no plugin for this broker.
  static std::shared_ptr<const Library> load(const std::filesystem::path& file, std::string& error);

  /// What the file exports; nothing where that cannot be read. Reads the file.
  std::vector<std::string> symbols() const;

  const trellis_plugin& entry() const noexcept { return *entry_; }
  const trellis_descriptor& descriptor() const noexcept { return *entry_->descriptor; }
  std::string_view id() const noexcept { return {descriptor().id.data, descriptor().id.size}; }
  const std::filesystem::path& file() const noexcept { return file_; }

 private:
  Library() = default;
  std::filesystem::path file_;
  const trellis_plugin* entry_ = nullptr;
};

}  // namespace trellis::kernel
