#include "common/cesql/filter.hpp"

#include <algorithm>

#include "common/cesql/compile.hpp"
#include "common/cesql/evaluate.hpp"

namespace cesql {
namespace {

using trellis::Config;
using trellis::ConfigError;

[[noreturn]] void refuse(const Config& where, const std::string& what) {
  throw ConfigError(where.path() + (where.path().empty() ? "" : ": ") + what);
}

Program read_sql(const Config& value) {
  auto result = compile(value.as_text());
  if (const auto* mistake = std::get_if<Mistake>(&result)) refuse(value, mistake->text);
  auto& program = std::get<Program>(result);
  if (program.type == Type::integer || program.type == Type::text) {
    refuse(value, "the expression gives " + std::string(name(program.type)) + ", a filter has to give Boolean");
  }
  return std::move(program);
}

bool is_attribute(const std::string& name) noexcept {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

Filter::Texts read_texts(const Config& value) {
  Filter::Texts texts;
  for (const auto& [name, text] : value.members()) {
    if (!is_attribute(name)) refuse(text, "the name of an attribute has lower-case letters and digits only");
    if (name == "data") refuse(text, "data is no attribute, and these filters see nothing else");
    if (text.as_text().empty()) refuse(text, "expected a text that is not empty");
    texts.emplace_back(name, text.as_text());
  }
  if (texts.empty()) refuse(value, "expected at least one attribute");
  return texts;
}

}  // namespace

ErrorCounters error_counters(const trellis::Host& host, std::string_view name, std::string_view help) {
  ErrorCounters counters;
  const auto declare = [&](Error error, std::string_view label) {
    counters[static_cast<std::size_t>(error)] = host.counter(name, help, label);
  };
  declare(Error::math, R"(error="math")");
  declare(Error::cast, R"(error="cast")");
  declare(Error::missing_attribute, R"(error="missing_attribute")");
  declare(Error::function_evaluation, R"(error="function_evaluation")");
  declare(Error::generic, R"(error="limit")");
  return counters;
}

/// Counts the dialects that it reads. Mistakes are thrown.
class Filter::Reader {
 public:
  explicit Reader(std::size_t most) : most_(most) {}

  Filter one(const Config& config, std::size_t nesting = 0) {
    if (nesting > kMostNesting)
      refuse(config, "more than " + std::to_string(kMostNesting) + " filters inside of each other");
    if (++count_ > most_) refuse(config, "more than " + std::to_string(most_) + " filters in one");
    const auto members = config.members();
    if (members.size() != 1) {
      refuse(config, R"(expected one member, like {"sql": "type = 'order'"}, found )" + std::to_string(members.size()));
    }
    return named(members[0].first, members[0].second, nesting);
  }

 private:
  Filter named(const std::string& name, const Config& value, std::size_t nesting) {
    Filter filter;
    if (name == "sql") {
      filter.dialect_ = Dialect::sql;
      filter.program_ = read_sql(value);
    } else if (name == "exact" || name == "prefix" || name == "suffix") {
      filter.dialect_ = name == "exact" ? Dialect::exact : name == "prefix" ? Dialect::prefix : Dialect::suffix;
      filter.texts_ = read_texts(value);
    } else if (name == "all" || name == "any") {
      filter.dialect_ = name == "all" ? Dialect::all : Dialect::any;
      for (const Config& part : value.items()) filter.parts_.push_back(one(part, nesting + 1));
      if (filter.parts_.empty()) refuse(value, "expected at least one filter");
    } else if (name == "not") {
      filter.dialect_ = Dialect::negation;
      filter.parts_.push_back(one(value, nesting + 1));
    } else {
      refuse(value, R"(expected "sql", "exact", "prefix", "suffix", "all", "any" or "not")");
    }
    return filter;
  }

  const std::size_t most_;
  std::size_t count_ = 0;
};

trellis::Result<Filter> Filter::read(const Config& config) {
  try {
    return Reader(kMostDialects).one(config);
  } catch (const ConfigError& error) {
    return trellis::fail(error.what());
  }
}

trellis::Result<std::vector<Filter>> Filter::read_list(const Config& list, std::size_t most) {
  try {
    Reader reader(most);
    std::vector<Filter> filters;
    for (const Config& item : list.items()) filters.push_back(reader.one(item));
    return filters;
  } catch (const ConfigError& error) {
    return trellis::fail(error.what());
  }
}

bool Filter::compares(Attributes& attributes) const noexcept {
  Scratch scratch;
  return std::all_of(texts_.begin(), texts_.end(), [&](const auto& pair) {
    auto value = attributes.find(pair.first);
    if (!value || cast(*value, Type::text, scratch) != Error::none) return false;
    if (dialect_ == Dialect::exact) return value->text == pair.second;
    return dialect_ == Dialect::prefix ? value->text.starts_with(pair.second) : value->text.ends_with(pair.second);
  });
}

bool Filter::evaluates(Attributes& attributes, const ErrorCounters* errors) const noexcept {
  Scratch scratch;
  const Outcome outcome = evaluate(program_, attributes, scratch);
  if (outcome.error == Error::none) return outcome.value.type == Type::boolean && outcome.value.truth();
  if (errors != nullptr) (*errors)[static_cast<std::size_t>(outcome.error)].add_any();
  return false;
}

bool Filter::matches(Attributes& attributes, const ErrorCounters* errors) const noexcept {
  const auto matches = [&](const Filter& part) { return part.matches(attributes, errors); };
  switch (dialect_) {
    case Dialect::sql:
      return evaluates(attributes, errors);
    case Dialect::exact:
    case Dialect::prefix:
    case Dialect::suffix:
      return compares(attributes);
    case Dialect::all:
      return std::all_of(parts_.begin(), parts_.end(), matches);
    case Dialect::any:
      return std::any_of(parts_.begin(), parts_.end(), matches);
    case Dialect::negation:
      break;
  }
  return !matches(parts_.front());
}

}  // namespace cesql
