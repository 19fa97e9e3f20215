/// Who may use the API: tokens and what each permits.
#pragma once

#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <vector>

namespace management {

/// A token's holder.
struct Caller {
  std::string name;
  bool may_write = false;
};

/// Immutable once read. [any]
class Tokens {
 public:
  static constexpr std::size_t kShortest = 16;

  /// Reads the setting `tokens`; fails with what is wrong and how to mend it.
  static trellis::Result<Tokens> read(const trellis::Config& config);

  /// Whose token an Authorization field carries; null: nobody's. Takes as long for every one.
  const Caller* find(std::string_view authorization) const;
  /// Its place among all.
  std::size_t index_of(const Caller& caller) const noexcept {
    return static_cast<std::size_t>(&caller - callers_.data());
  }
  std::size_t size() const noexcept { return callers_.size(); }

 private:
  std::vector<Caller> callers_;
  std::vector<std::string> tokens_;  // beside callers_
};

}  // namespace management
