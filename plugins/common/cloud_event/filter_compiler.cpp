#include "common/cloud_event/filter_compiler.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <utility>

#include "common/cloud_event/fold.hpp"
#include "common/cloud_event/refusals.hpp"

namespace cloud_event {
namespace {

using trellis::Config;
using trellis::json::quote;

constexpr std::string_view kNamespaceForm = "filters";
constexpr std::string_view kBasicForm = "advancedFilters";
constexpr std::string_view kDialects = "cloudEventFilters";
constexpr std::string_view kArrays = "enableAdvancedFilteringOnArrays";
constexpr std::string_view kCaseSensitive = "isSubjectCaseSensitive";

template <class Names>
std::string listed(const Names& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

trellis::Result<void> known_members(const Config& object, std::initializer_list<std::string_view> known) {
  if (object.type() != trellis::json::Type::object) {
    return trellis::fail((object.path().empty() ? "the filter" : object.path()) + ": expected an object, " +
                         found(object));
  }
  for (const auto& [name, value] : object.members()) {
    if (std::ranges::find(known, name) == known.end()) return wrong(value, "expected one of " + listed(known));
  }
  return trellis::ok();
}

trellis::Result<bool> flag(const Config& settings, std::string_view name, bool fallback) {
  const auto value = settings.find(name);
  if (!value) return fallback;
  if (value->type() != trellis::json::Type::boolean) return wrong(*value, "expected true or false, " + found(*value));
  return value->as_boolean();
}

const Path& path_of(std::string_view name) {
  static const std::array<Path, 2> kPaths{Path{{"type"}}, Path{{"subject"}}};
  return kPaths[name == "type" ? 0 : 1];
}

}  // namespace

trellis::Result<Filter> FilterCompiler::compile(const Config& settings) {
  if (auto known = known_members(settings, {"includedEventTypes", "subjectBeginsWith", "subjectEndsWith",
                                            kCaseSensitive, kArrays, kBasicForm, kNamespaceForm, kDialects});
      !known) {
    return known.error();
  }
  if (const auto types = settings.find("includedEventTypes")) {
    if (auto done = event_types(*types); !done) return done.error();
  }
  if (auto done = subject(settings, "subjectBeginsWith", Operator::string_begins_with); !done) return done.error();
  if (auto done = subject(settings, "subjectEndsWith", Operator::string_ends_with); !done) return done.error();
  const auto arrays = flag(settings, kArrays, false);
  if (!arrays) return arrays.error();
  const auto filters_of_namespace = settings.find(kNamespaceForm);
  const auto filters_of_basic = settings.find(kBasicForm);
  if (filters_of_namespace && filters_of_basic) {
    return wrong(*filters_of_basic, "found beside /filters, expected one of them: they are the same in two forms");
  }
  if (filters_of_namespace && settings.contains(kArrays)) {
    return wrong(*settings.find(kArrays),
                 "found beside /filters, expected beside /advancedFilters: the other looks into "
                 "arrays anyway");
  }
  if (filters_of_namespace) {
    if (auto done = filters(*filters_of_namespace, true); !done) return done.error();
  }
  if (filters_of_basic) {
    if (auto done = filters(*filters_of_basic, *arrays); !done) return done.error();
  }
  if (const auto list = settings.find(kDialects)) {
    if (auto done = dialects(*list); !done) return done.error();
  }
  return std::move(filter_);
}

trellis::Result<void> FilterCompiler::event_types(const Config& types) {
  if (types.type() != trellis::json::Type::list) return wrong(types, "expected a list of texts, " + found(types));
  Check check{.op = Operator::string_in, .arrays = false};
  bool all = false;
  for (const Config& type : types.items()) {
    auto read = text(type);
    if (!read) return read.error();
    if (read->empty()) return wrong(type, "expected an event type, found empty text");
    check.texts.push_back(folded(*read));
    all |= check.texts.back() == "all";
  }
  if (check.texts.size() > limits_.event_types) {
    return wrong(types, "found " + std::to_string(check.texts.size()) + " event types, expected at most " +
                            std::to_string(limits_.event_types));
  }
  if (!all && !check.texts.empty()) filter_.add(path_of("type"), std::move(check));
  return trellis::ok();
}

trellis::Result<void> FilterCompiler::subject(const Config& settings, std::string_view name, Operator op) {
  const auto exact = flag(settings, kCaseSensitive, false);
  if (!exact) return exact.error();
  const auto value = settings.find(name);
  if (!value) return trellis::ok();
  auto read = text(*value);
  if (!read) return read.error();
  if (read->empty()) return trellis::ok();
  Check check{.op = op, .arrays = false, .exact_case = *exact};
  check.texts.push_back(*exact ? *read : folded(*read));
  filter_.add(path_of("subject"), std::move(check));
  return trellis::ok();
}

trellis::Result<void> FilterCompiler::filters(const Config& list, bool arrays) {
  if (list.type() != trellis::json::Type::list) return wrong(list, "expected a list of filters, " + found(list));
  const auto items = list.items();
  if (items.size() > limits_.filters) {
    return wrong(list, "found " + std::to_string(items.size()) + " filters, expected at most " +
                           std::to_string(limits_.filters));
  }
  for (const Config& item : items) {
    if (auto done = filter(item, arrays); !done) return done.error();
  }
  return trellis::ok();
}

trellis::Result<void> FilterCompiler::filter(const Config& settings, bool arrays) {
  if (auto known = known_members(settings, {"operatorType", "key", "value", "values"}); !known) return known.error();
  for (const std::string_view name : {"operatorType", "key"}) {
    const auto member = settings.find(name);
    if (!member) return wrong(settings, "expected the member " + quote(name) + ", found none");
    if (member->type() != trellis::json::Type::text) return wrong(*member, "expected text, " + found(*member));
  }
  const Config op = *settings.find("operatorType");
  const OperatorFacts* const facts = find_operator(op.as_text());
  if (facts == nullptr) {
    std::vector<std::string_view> names;
    for (const OperatorFacts& each : kOperators) names.push_back(each.name);
    return wrong(op, quote(op.as_text()) + " is not one of " + listed(names));
  }
  const Config key = *settings.find("key");
  auto path = Path::parse(key.as_text());
  if (!path) return wrong(key, path.error().text);
  Check check{.op = facts->op, .arrays = arrays};
  if (auto done = operand(settings, check); !done) return done.error();
  filter_.add(*path, std::move(check));
  return trellis::ok();
}

trellis::Result<void> FilterCompiler::operand(const Config& settings, Check& check) {
  const OperatorFacts& facts = facts_of(check.op);
  const bool one = facts.operand == Operand::number || facts.operand == Operand::boolean;
  const bool none = facts.operand == Operand::none;
  const std::string name(one ? "value" : "values");
  const auto other = settings.find(one ? "values" : "value");
  if (other)
    return wrong(*other, "expected none with " + std::string(facts.name) + (none ? "" : ", but " + quote(name)));
  const auto value = settings.find(name);
  if (none) return value ? wrong(*value, "expected none with " + std::string(facts.name)) : trellis::Result<void>();
  if (!value) {
    return wrong(settings, std::string(facts.name) + ": expected the member " + quote(name) + ", found none");
  }
  if (!one) return values(*value, check);
  if (auto done = count(*value, 1); !done) return done.error();
  if (facts.operand == Operand::number) return number(*value, check.numbers.emplace_back());
  if (value->type() != trellis::json::Type::boolean) return wrong(*value, "expected true or false, " + found(*value));
  check.boolean = value->as_boolean();
  return trellis::ok();
}

trellis::Result<void> FilterCompiler::values(const Config& list, Check& check) {
  if (list.type() != trellis::json::Type::list) return wrong(list, "expected a list, " + found(list));
  const auto items = list.items();
  if (items.empty()) return wrong(list, "expected at least one value, found an empty list");
  if (auto done = count(list, items.size()); !done) return done.error();
  for (const Config& item : items) {
    trellis::Result<void> done;
    switch (facts_of(check.op).operand) {
      case Operand::numbers:
        done = number(item, check.numbers.emplace_back());
        break;
      case Operand::ranges:
        done = range(item, check);
        break;
      default:
        auto read = text(item);
        if (!read) return read.error();
        check.texts.push_back(folded(*read));
    }
    if (!done) return done.error();
  }
  return trellis::ok();
}

trellis::Result<void> FilterCompiler::count(const Config& list, std::size_t more) {
  values_ += more;
  if (values_ <= limits_.values) return trellis::ok();
  return wrong(list, "found " + std::to_string(values_) + " values in all filters up to here, expected at most " +
                         std::to_string(limits_.values));
}

trellis::Result<void> FilterCompiler::number(const Config& value, Number& out) const {
  const auto type = value.type();
  if (type != trellis::json::Type::integer && type != trellis::json::Type::number) {
    return wrong(value, "expected a number, " + found(value));
  }
  const auto parsed = Number::parse(value.json());
  if (!parsed || !parsed->finite()) return wrong(value, "expected a number that a double can hold");
  out = *parsed;
  return trellis::ok();
}

trellis::Result<void> FilterCompiler::range(const Config& value, Check& check) const {
  if (value.type() != trellis::json::Type::list || value.items().size() != 2) {
    return wrong(value, "expected a range, a list of two numbers");
  }
  auto& [low, high] = check.ranges.emplace_back();
  const auto ends = value.items();
  if (auto done = number(ends[0], low); !done) return done.error();
  if (auto done = number(ends[1], high); !done) return done.error();
  if (low > high) return wrong(value, "expected the smaller number first");
  return trellis::ok();
}

trellis::Result<std::string> FilterCompiler::text(const Config& value) const {
  if (value.type() != trellis::json::Type::text) return wrong(value, "expected text, " + found(value));
  std::string read = value.as_text();
  const std::size_t size = characters(read);
  if (size <= limits_.characters) return read;
  return wrong(value, "found a text of " + std::to_string(size) + " characters, expected at most " +
                          std::to_string(limits_.characters));
}

}  // namespace cloud_event
