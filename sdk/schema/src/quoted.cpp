#include <trellis/json.hpp>
#include <trellis/schema/quoted.hpp>

namespace trellis::schema {

std::string quoted(std::string_view text) { return json::quote(text); }

}  // namespace trellis::schema
