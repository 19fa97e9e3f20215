#include "common/cesql/functions.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "common/cesql/characters.hpp"

namespace cesql {
namespace {

using Arguments = std::span<Value>;

char lower_ascii(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_ascii(x) == lower_ascii(y); });
}

Error to_boolean(Value& value) noexcept {
  if (value.type == Type::integer) return value = Value::of(value.number != 0), Error::none;
  const bool truth = equal_without_case(value.text, "true");
  const bool known = truth || equal_without_case(value.text, "false");
  value = Value::of(truth);
  return known ? Error::none : Error::cast;
}

Error to_integer(Value& value) noexcept {
  if (value.type == Type::boolean) return value.type = Type::integer, Error::none;
  std::string_view digits = value.text;
  // from_chars knows '-' only, and would take "+-1" without its plus.
  if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
  std::int32_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = problem == std::errc() && end == digits.data() + digits.size();
  value = Value::of(whole ? number : 0);
  return whole ? Error::none : Error::cast;
}

Error to_text(Value& value, Scratch& scratch) noexcept {
  if (value.type == Type::boolean) {
    value = Value::of(value.truth() ? std::string_view("true") : std::string_view("false"));
    return Error::none;
  }
  constexpr std::size_t kMost = 11;
  char* const memory = scratch.take(kMost);
  if (memory == nullptr) return value = Value::zero(Type::text), Error::generic;
  const char* const end = std::to_chars(memory, memory + kMost, value.number).ptr;
  const auto size = static_cast<std::size_t>(end - memory);
  scratch.give_back(kMost - size);
  value = Value::of(std::string_view(memory, size));
  return Error::none;
}

Error same(Arguments arguments, Value& result, Scratch&) noexcept { return result = arguments[0], Error::none; }

template <Type type>
Error castable(Arguments arguments, Value& result, Scratch& scratch) noexcept {
  Value value = arguments[0];
  result = Value::of(cast(value, type, scratch) == Error::none);
  return Error::none;
}

Error absolute(Arguments arguments, Value& result, Scratch&) noexcept {
  const std::int32_t number = arguments[0].number;
  const bool overflows = number == std::numeric_limits<std::int32_t>::min();
  result = Value::of(overflows ? std::numeric_limits<std::int32_t>::max() : number < 0 ? -number : number);
  return overflows ? Error::math : Error::none;
}

Error length_of(Arguments arguments, Value& result, Scratch&) noexcept {
  return result = Value::of(static_cast<std::int32_t>(length(arguments[0].text))), Error::none;
}

Error join(Arguments parts, std::string_view between, Value& result, Scratch& scratch) noexcept {
  result = Value::zero(Type::text);
  std::size_t size = parts.empty() ? 0 : between.size() * (parts.size() - 1);
  for (const Value& part : parts) size += part.text.size();
  char* const begin = scratch.take(size);
  if (begin == nullptr) return Error::function_evaluation;
  char* out = begin;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out = std::copy(between.begin(), between.end(), out);
    out = std::copy(parts[i].text.begin(), parts[i].text.end(), out);
  }
  return result = Value::of(std::string_view(begin, size)), Error::none;
}

Error concat(Arguments arguments, Value& result, Scratch& scratch) noexcept {
  return join(arguments, {}, result, scratch);
}

Error concat_ws(Arguments arguments, Value& result, Scratch& scratch) noexcept {
  return join(arguments.subspan(1), arguments[0].text, result, scratch);
}

template <auto map>
Error change_case(Arguments arguments, Value& result, Scratch& scratch) noexcept {
  const auto changed = map(arguments[0].text, scratch);
  result = Value::of(changed.value_or(std::string_view()));
  return changed ? Error::none : Error::function_evaluation;
}

Error trimmed(Arguments arguments, Value& result, Scratch&) noexcept {
  return result = Value::of(trim(arguments[0].text)), Error::none;
}

Error left(Arguments arguments, Value& result, Scratch&) noexcept {
  const std::string_view text = arguments[0].text;
  result = Value::of(text);
  if (arguments[1].number < 0) return Error::function_evaluation;
  const auto count = static_cast<std::size_t>(arguments[1].number);
  return result = Value::of(text.substr(0, offset(text, count))), Error::none;
}

Error right(Arguments arguments, Value& result, Scratch&) noexcept {
  const std::string_view text = arguments[0].text;
  result = Value::of(text);
  if (arguments[1].number < 0) return Error::function_evaluation;
  std::size_t begin = text.size();
  for (std::int32_t i = 0; i < arguments[1].number && begin > 0; ++i) begin = previous(text, begin);
  return result = Value::of(text.substr(begin)), Error::none;
}

Error substring(Arguments arguments, Value& result, Scratch&) noexcept {
  const std::string_view text = arguments[0].text;
  const std::int64_t size = static_cast<std::int64_t>(length(text));
  const std::int64_t position = arguments[1].number;
  const std::int64_t count = arguments.size() > 2 ? arguments[2].number : size;
  result = Value::zero(Type::text);
  if (position > size || position < -size || count < 0) return Error::function_evaluation;
  if (position == 0) return Error::none;
  const std::size_t begin = offset(text, static_cast<std::size_t>(position > 0 ? position - 1 : size + position));
  const std::string_view rest = text.substr(begin);
  result = Value::of(rest.substr(0, offset(rest, static_cast<std::size_t>(count))));
  return Error::none;
}

constexpr Type kBoolean = Type::boolean;
constexpr Type kInteger = Type::integer;
constexpr Type kText = Type::text;
constexpr Type kAny = Type::any;

constexpr Function kFunctions[] = {
    {"INT", 1, 1, {kInteger, kInteger, kInteger}, kInteger, &same},
    {"BOOL", 1, 1, {kBoolean, kBoolean, kBoolean}, kBoolean, &same},
    {"STRING", 1, 1, {kText, kText, kText}, kText, &same},
    {"IS_INT", 1, 1, {kAny, kAny, kAny}, kBoolean, &castable<kInteger>},
    {"IS_BOOL", 1, 1, {kAny, kAny, kAny}, kBoolean, &castable<kBoolean>},
    {"ABS", 1, 1, {kInteger, kInteger, kInteger}, kInteger, &absolute},
    {"LENGTH", 1, 1, {kText, kText, kText}, kInteger, &length_of},
    {"CONCAT", 0, kMostArguments, {kText, kText, kText}, kText, &concat},
    {"CONCAT_WS", 1, kMostArguments, {kText, kText, kText}, kText, &concat_ws},
    {"LOWER", 1, 1, {kText, kText, kText}, kText, &change_case<lower>},
    {"UPPER", 1, 1, {kText, kText, kText}, kText, &change_case<upper>},
    {"TRIM", 1, 1, {kText, kText, kText}, kText, &trimmed},
    {"LEFT", 2, 2, {kText, kInteger, kInteger}, kText, &left},
    {"RIGHT", 2, 2, {kText, kInteger, kInteger}, kText, &right},
    {"SUBSTRING", 2, 3, {kText, kInteger, kInteger}, kText, &substring},
};

}  // namespace

Error cast(Value& value, Type type, Scratch& scratch) noexcept {
  if (value.type == type) return Error::none;
  switch (type) {
    case Type::boolean:
      return to_boolean(value);
    case Type::integer:
      return to_integer(value);
    case Type::text:
      return to_text(value, scratch);
    case Type::any:
      break;
  }
  return Error::none;
}

std::span<const Function> functions() noexcept { return kFunctions; }

const Function* find_function(std::string_view name, std::size_t arguments) noexcept {
  for (const Function& function : kFunctions) {
    if (!equal_without_case(function.name, name)) continue;
    return arguments >= function.least && arguments <= function.most ? &function : nullptr;
  }
  return nullptr;
}

std::string no_function(std::string_view name, std::size_t arguments) {
  std::string names;
  for (const Function& function : kFunctions) {
    names += (names.empty() ? "" : ", ") + std::string(function.name);
    if (!equal_without_case(function.name, name)) continue;
    const std::string least = std::to_string(function.least);
    const std::string most = std::to_string(function.most);
    const std::string range = least == most ? least : least + " to " + most;
    return std::string(function.name) + " takes " + range + " argument" + (most == "1" ? "" : "s") + ", found " +
           std::to_string(arguments);
  }
  return "there is no function \"" + std::string(name) + "\"; there are " + names;
}

}  // namespace cesql
