// The lines of a file of users: `user:entry`, comments, blank ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace common {

/// Cuts the first line off `text`, without its end.
std::string_view take_line(std::string_view& text);

/// Blank, or begins with '#'.
bool is_comment(std::string_view line);

/// What is wrong with a name for use in the file, or an empty text.
std::string user_name_error(std::string_view user);

/// The file's text with the line of `user` replaced or added. Comments and other lines stay as they are.
std::string with_user(std::string_view text, std::string_view user, std::string_view entry);

/// The text without the line of `user`, or nothing where there is none.
std::optional<std::string> without_user(std::string_view text, std::string_view user);

/// Spreads names over `count` places, always the same for the same name. `secret` keeps the choice from being foreseen.
std::size_t place_of(std::string_view user, std::string_view secret, std::size_t count);

}  // namespace common
