// A plugin library: loaded, looked at, found fit or refused with a sentence.
#pragma once

#include <trellis/abi/plugin.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/loading/trust.hpp>
#include <vector>

namespace trellis::loading {

/// Never unmapped: code of a plugin may still run in threads or destructors nobody knows of. [control]
class Library {
 public:
  /// Null with error set when the file is no plugin for this broker, or not one that is trusted as policy asks.
  static std::shared_ptr<const Library> load(const std::filesystem::path& file, const Trust& trust, std::string& error);
  /// The same without looking at the entry, which may be of any version: for who wants to say more about it.
  static std::shared_ptr<const Library> open(const std::filesystem::path& file, std::string& error);
  /// A plugin that is a part of the program.
  static std::shared_ptr<const Library> builtin(const trellis_plugin& entry, std::string& error);

  /// What the file exports; nothing where that cannot be read. Reads the file.
  std::vector<std::string> symbols() const;

  const trellis_plugin& entry() const noexcept { return *entry_; }
  const trellis_descriptor& descriptor() const noexcept { return *entry_->descriptor; }
  std::string_view id() const noexcept { return {descriptor().id.data, descriptor().id.size}; }
  /// Texts of its schemas; empty where it takes no settings.
  std::string_view config_schema() const noexcept {
    return {descriptor().config_schema.data, descriptor().config_schema.size};
  }
  std::string_view namespace_schema() const noexcept {
    return {descriptor().namespace_schema.data, descriptor().namespace_schema.size};
  }
  /// Empty for a part of the program.
  const std::filesystem::path& file() const noexcept { return file_; }
  /// What the system's loader was told to open: whoever opens it again gets what was judged. Empty for a part of the
  /// program.
  const std::string& loaded_as() const noexcept { return loaded_as_; }
  /// What was said of its signature; nothing where nobody asked, because the policy is off.
  const std::optional<Judgement>& judgement() const noexcept { return judgement_; }

 private:
  Library() = default;
  static std::shared_ptr<Library> open(const std::filesystem::path& file, const std::string& loaded_as,
                                       std::string& error);
  static std::shared_ptr<Library> open_judged(const std::filesystem::path& file, const Trust& trust,
                                              std::string& error);

  std::filesystem::path file_;
  std::string loaded_as_;
  const trellis_plugin* entry_ = nullptr;
  std::optional<Judgement> judgement_;
};

}  // namespace trellis::loading
