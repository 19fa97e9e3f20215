#include "shown_name.hpp"

#include "route.hpp"

namespace management {
namespace {

/// What is behind the last slash; text keeps what is before it.
std::string_view cut_last(std::string_view& text) {
  const std::size_t slash = text.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? text : text.substr(slash + 1);
  text = text.substr(0, slash == std::string_view::npos ? 0 : slash);
  return last;
}

}  // namespace

std::optional<ShownName> read_shown(std::string_view type, std::string_view name, std::string_view id) {
  ShownName shown{.parent_type = {}, .type = std::string(cut_last(type)), .name = std::string(name)};
  const std::size_t provider = kProvider.size() + 1;
  if (type.size() <= provider || type[kProvider.size()] != '/' ||
      !same_word(type.substr(0, kProvider.size()), kProvider))
    return shown;
  shown.parent_type = type.substr(provider);
  if (name.find('/') != std::string_view::npos) return shown;
  // …/PARENT_TYPE/PARENT/TYPE/NAME
  const std::string_view own = cut_last(id);
  const std::string_view own_type = cut_last(id);
  const std::string parent(cut_last(id));
  if (own != name || !same_word(own_type, shown.type) || parent.empty() || !same_word(cut_last(id), shown.parent_type))
    return std::nullopt;
  shown.name = parent + '/' + shown.name;
  return shown;
}

}  // namespace management
