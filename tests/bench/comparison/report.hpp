// The outcome of a comparison as one table, or as JSON.
#pragma once

#include <json/value.h>

#include <iosfwd>
#include <vector>

#include "comparison.hpp"

namespace trellis::bench {

void print_table(std::ostream& out, const std::vector<RowOutcome>& outcomes);
Json::Value to_json(const std::vector<RowOutcome>& outcomes);

}  // namespace trellis::bench
