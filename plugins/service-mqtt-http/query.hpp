/// The part of a request behind '?', and continuation tokens.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "problem.hpp"

namespace mqtt_http {

/// Parameters as sent, percent-decoded. A '+' is a plus: topic filters have them, and clients forget to encode them.
/// `api-version` is taken from everybody and means nothing.
class Query {
 public:
  /// A problem where a parameter is not known, or is there twice and is not `repeated`.
  static std::optional<Problem> read(std::string_view text, std::initializer_list<std::string_view> known,
                                     std::string_view repeated, Query& query);

  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  /// A whole number from least to most; fallback where it is absent.
  std::optional<Problem> number(std::string_view name, std::size_t least, std::size_t most, std::size_t fallback,
                                std::size_t& out) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

/// A whole number and nothing else.
std::optional<std::size_t> read_number(std::string_view text) noexcept;

/// Where a list goes on: of which filter, behind which topic.
struct Continuation {
  std::string filter;
  std::string topic;

  std::string token() const;
  /// Nothing where that is no token, or not of a filter and a topic.
  static std::optional<Continuation> read(std::string_view token);
};

/// Whether a topic comes before another where topics are in order level by level.
bool comes_before(std::string_view topic, std::string_view other) noexcept;

}  // namespace mqtt_http
