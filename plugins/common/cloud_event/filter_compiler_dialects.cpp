// The part of the compiler that reads the dialects of the CloudEvents Subscriptions API.
#include <utility>

#include "common/cloud_event/filter_compiler.hpp"
#include "common/cloud_event/refusals.hpp"

namespace cloud_event {

using Dialect = cesql::Filter::Dialect;

trellis::Result<void> FilterCompiler::dialects(const trellis::Config& list) {
  if (list.type() != trellis::json::Type::list) return wrong(list, "expected a list of filters, " + found(list));
  auto filters = cesql::Filter::read_list(list, limits_.filters);
  if (!filters) return filters.error();
  const auto items = list.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto done = texts_of((*filters)[i], items[i]); !done) return done.error();
    dialect(std::move((*filters)[i]));
    if (const std::size_t named = filter_.attributes_.size(); named > Filter::kMostAttributes) {
      return wrong(items[i], "found " + std::to_string(named) +
                                 " attributes in all filters up to here, expected at most " +
                                 std::to_string(Filter::kMostAttributes));
    }
  }
  return trellis::ok();
}

trellis::Result<void> FilterCompiler::texts_of(const cesql::Filter& filter, const trellis::Config& where) {
  if (auto done = count(where, filter.texts().size()); !done) return done.error();
  for (const auto& [name, text] : filter.texts()) {
    if (const std::size_t size = characters(text); size > limits_.characters) {
      return wrong(where, "found a text of " + std::to_string(size) + " characters, expected at most " +
                              std::to_string(limits_.characters));
    }
  }
  for (const cesql::Filter& part : filter.parts()) {
    if (auto done = texts_of(part, where); !done) return done.error();
  }
  return trellis::ok();
}

// What all have to hold becomes checks, by which an index finds the filter.
void FilterCompiler::dialect(cesql::Filter filter) {
  const auto check = [&](Operator op) {
    for (const auto& [name, text] : filter.texts())
      filter_.add(Path{{name}}, Check{.op = op, .arrays = false, .exact_case = true, .texts = {text}});
  };
  switch (filter.dialect()) {
    case Dialect::exact:
      return check(Operator::string_in);
    case Dialect::prefix:
      return check(Operator::string_begins_with);
    case Dialect::suffix:
      return check(Operator::string_ends_with);
    case Dialect::all:
      for (const cesql::Filter& part : filter.parts()) dialect(part);
      return;
    default:
      filter_.add(std::move(filter));
  }
}

}  // namespace cloud_event
