/// JSON taken apart and put together by its bytes: what nobody touches stays as it was written.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace events_service {

/// One member of an object; views of its text.
struct Member {
  std::string_view name;   ///< between its quotes, as written
  std::string_view value;  ///< without blanks around it
};

/// In their order; nothing where the text is no object. The structure is checked, not every letter of a value: a whole
/// document from outside has to be judged by somebody else. No recursion, however deep it is.
std::optional<std::vector<Member>> members_of(std::string_view object);
/// The same of an array.
std::optional<std::vector<std::string_view>> elements_of(std::string_view array);

/// The value of the first member of that name; empty where there is none.
std::string_view value_of(std::span<const Member> members, std::string_view name) noexcept;

/// The same of a whole object, as written: a text with its quotes. What stands behind it is not looked at.
std::string_view member_in(std::string_view object, std::string_view name);

/// The object without the members of these names, and with `more`, members without braces, behind its last one.
/// Nothing where it is no object.
std::optional<std::string> with_members(std::string_view object, std::span<const std::string_view> without,
                                        std::string_view more);

}  // namespace events_service
