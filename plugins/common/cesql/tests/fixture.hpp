// Expressions, evaluated on attributes that a test writes down.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <variant>

#include "common/cesql/compile.hpp"
#include "common/cesql/evaluate.hpp"

namespace cesql::testing {

/// A value that owns its text.
using Plain = std::variant<bool, std::int32_t, std::string>;
using Event = std::map<std::string, Plain, std::less<>>;

inline Plain plain(const Value& value) {
  if (value.type == Type::boolean) return value.truth();
  if (value.type == Type::integer) return value.number;
  return std::string(value.text);
}

inline Value borrowed(const Plain& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return Value::of(*truth);
  if (const auto* number = std::get_if<std::int32_t>(&value)) return Value::of(*number);
  return Value::of(std::string_view(std::get<std::string>(value)));
}

class MapAttributes final : public Attributes {
 public:
  explicit MapAttributes(const Event& event) : event_(event) {}
  std::optional<Value> find(std::string_view name) noexcept override {
    const auto found = event_.find(name);
    return found == event_.end() ? std::nullopt : std::optional(borrowed(found->second));
  }

 private:
  const Event& event_;
};

struct Result {
  Plain value = false;
  Error error = Error::none;
  std::string mistake = {};  // what compile() says where it refuses
  bool operator==(const Result& other) const { return value == other.value && error == other.error; }
};

inline std::ostream& operator<<(std::ostream& out, const Result& result) {
  static constexpr const char* kErrors[] = {
      "no error", "parse", "math", "cast", "missing attribute", "missing function", "function evaluation", "generic"};
  std::visit([&](const auto& value) { out << value; }, result.value);
  return out << ", " << kErrors[static_cast<std::size_t>(result.error)] << " " << result.mistake;
}

/// What cannot be compiled gives false with the error, as the standard says of whole expressions.
inline Result run(std::string_view expression, const Event& event = {}) {
  const auto compiled = compile(expression);
  if (const auto* mistake = std::get_if<Mistake>(&compiled)) return {false, mistake->error, mistake->text};
  Scratch scratch;
  MapAttributes attributes(event);
  const Outcome outcome = evaluate(std::get<Program>(compiled), attributes, scratch);
  return {plain(outcome.value), outcome.error};
}

}  // namespace cesql::testing
