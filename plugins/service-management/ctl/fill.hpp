/// What files of resources may have beside JSON: comments, and texts that are filled in.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/result.hpp>

namespace management::ctl {

/// Blanks in place of // and /* */ comments; line ends stay.
std::string without_comments(std::string text);

/// Fills ${env:NAME} and ${file:path} in, as the broker does with its own files.
class References {
 public:
  /// folder: where relative paths begin.
  References(std::filesystem::path folder, std::function<std::optional<std::string>(const char*)> environment)
      : folder_(std::move(folder)), environment_(std::move(environment)) {}

  /// The value as JSON, filled in.
  trellis::Result<std::string> fill(const trellis::json::Value& value) const;

 private:
  trellis::Result<std::string> fill_text(std::string_view text) const;
  trellis::Result<std::string> look_up(const std::string& inside) const;

  std::filesystem::path folder_;
  std::function<std::optional<std::string>(const char*)> environment_;
};

}  // namespace management::ctl
