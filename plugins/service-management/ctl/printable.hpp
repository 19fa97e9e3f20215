/// What others wrote, made fit for a terminal: control characters would move its cursor, set its title, or worse.
#pragma once

#include <string>
#include <string_view>

namespace management::ctl {

/// Control characters (C0, DEL, C1) and bytes that are no UTF-8 become what can be seen, like \x1b; line ends stay.
std::string printable(std::string_view text);
/// Line ends too: for a text within a line.
std::string printable_in_line(std::string_view text);

}  // namespace management::ctl
