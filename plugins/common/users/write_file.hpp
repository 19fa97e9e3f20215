// Replaces a file as a whole, so that no reader ever sees half of it.
#pragma once

#include <string>
#include <string_view>

namespace common {

/// Writes `text` to a new file beside `path` and renames it onto `path`. A new file is for its owner only (0600); an
/// existing one keeps its owner, and its mode without rights for others. A symbolic link is followed.
/// Answers what went wrong, or an empty text.
std::string replace_file(const std::string& path, std::string_view text);

}  // namespace common
