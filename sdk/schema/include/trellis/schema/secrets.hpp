// Fills ${env:NAME} and ${file:path} into the strings of a configuration, failing closed.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/schema/document.hpp>
#include <vector>

namespace trellis::schema {

/// Where secrets come from.
struct SecretSources {
  /// The value of an environment variable, or nothing. Default: the process environment.
  std::function<std::optional<std::string>(std::string_view name)> environment;
  /// Largest secret file.
  std::size_t file_bytes = 64u << 10;
  /// ${…} whose inside begins with one of these is no secret and stays as it is; for texts that have variables of
  /// their own, like topic templates.
  std::vector<std::string> leave = {};
};

/// Replaces references in every string value (not in keys) of the document. `$${` stands for `${`. A file's one
/// trailing newline is dropped; its path is relative to the document's folder. A value into which something was
/// filled becomes secret. Missing variable, unreadable file, unknown form: an error naming the variable or path,
/// never a content, and the value counts as broken.
void substitute_secrets(Document& document, const SecretSources& sources, Diagnostics& diagnostics);

}  // namespace trellis::schema
