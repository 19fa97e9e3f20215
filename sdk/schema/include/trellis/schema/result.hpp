// A value, or the sentence that says why there is none: what the small parsers of this room return.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace trellis::schema {

/// Why a text was refused: a sentence for people, and the text they most likely meant (empty if there is no good
/// guess).
struct Failure {
  std::string message;
  std::string suggestion = {};
};

template <typename T>
class Result {
 public:
  Result(T value) : state_(std::move(value)) {}            // implicit, so that `return value;` reads naturally
  Result(Failure failure) : state_(std::move(failure)) {}  // implicit for the same reason

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  /// Only when the result holds a value.
  const T& operator*() const { return std::get<T>(state_); }
  T& operator*() { return std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }
  /// Only when the result holds none.
  const Failure& failure() const { return std::get<Failure>(state_); }

 private:
  std::variant<T, Failure> state_;
};

}  // namespace trellis::schema
