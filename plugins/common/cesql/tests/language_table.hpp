// The table of the language: one expression per line, on the event below, and what it gives.
#pragma once

#include <vector>

#include "fixture.hpp"

namespace cesql::testing {

struct Row {
  const char* expression;
  Plain value;
  Error error = Error::none;
};

/// Attributes of the event that every row is judged on.
Event table_event();

std::vector<Row> literal_rows();
std::vector<Row> operator_rows();
std::vector<Row> cast_rows();
std::vector<Row> like_rows();
std::vector<Row> set_rows();
std::vector<Row> attribute_rows();
std::vector<Row> function_rows();
std::vector<Row> substring_rows();
std::vector<Row> mistake_rows();

}  // namespace cesql::testing
