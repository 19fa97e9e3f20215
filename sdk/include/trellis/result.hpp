// Expected failures as values: a result, or a sentence for people.
#pragma once

#include <trellis/abi/base.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace trellis {

/// Outcome of a call or of an operation asked for; the meanings are beside TRELLIS_OK in abi/base.h.
enum class Status : trellis_status {
  unset = TRELLIS_STATUS_UNSET,
  ok = TRELLIS_OK,
  no_match = TRELLIS_NO_MATCH,
  existed = TRELLIS_EXISTED,
  not_authorized = TRELLIS_NOT_AUTHORIZED,
  bad_credentials = TRELLIS_BAD_CREDENTIALS,
  bad_method = TRELLIS_BAD_METHOD,
  invalid = TRELLIS_INVALID,
  quota = TRELLIS_QUOTA,
  too_large = TRELLIS_TOO_LARGE,
  unavailable = TRELLIS_UNAVAILABLE,
  dropped = TRELLIS_DROPPED,
  unsupported = TRELLIS_UNSUPPORTED,
  internal = TRELLIS_INTERNAL,
};

/// Why something did not work, as a sentence: who, where, what was found, what was expected.
struct Error {
  std::string text;
  /// Status::unset lets the caller choose what fits: invalid for configure, unavailable for start.
  Status status = Status::unset;
};

/// A value, or why there is none. Made from either: `return 7;` or `return trellis::fail("…");`.
template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  /// From what converts to T, so that a unique_ptr of a derived class can be returned as one of its base.
  template <class U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, Result>)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Only where has_value(); otherwise throws std::bad_variant_access.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Only where !has_value().
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return !failed_; }
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

inline Result<void> ok() { return {}; }

/// A failure of any Result: `return trellis::fail("cannot open " + path);`
inline Error fail(std::string text, Status status = Status::unset) { return {std::move(text), status}; }

/// Hands a sentence to the kernel. Longer ones are cut between two characters.
inline void write_error(trellis_error* error, std::string_view text) noexcept {
  if (error == nullptr) return;
  std::size_t size = std::min(text.size(), sizeof error->text);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  if (size > 0) std::memcpy(error->text, text.data(), size);
  error->size = static_cast<std::uint32_t>(size);
}

}  // namespace trellis
