/// The part of a request behind '?'.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/target.hpp"
#include "problem.hpp"

namespace management {

/// Parameters by name, decoded. `api-version` is taken from everybody and means nothing.
class Query {
 public:
  /// A problem where a parameter is not among those known here, or is there twice.
  static std::optional<Problem> read(std::string_view text, std::initializer_list<std::string_view> known,
                                     Query& query);

  std::optional<std::string_view> find(std::string_view name) const;
  /// A whole number from least to most; fallback where it is absent.
  std::optional<Problem> number(std::string_view name, std::size_t least, std::size_t most, std::size_t fallback,
                                std::size_t& out) const;
  std::optional<Problem> yes_or_no(std::string_view name, bool fallback, bool& out) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// For what is put into a query or a path.
using trellis::http::percent_encode;

}  // namespace management
