/// Who may use the API: tokens and what each permits.
#pragma once

#include <array>
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

/// Only digests of the tokens are kept. Immutable once read. [any]
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
  using Digest = std::array<unsigned char, 32>;
  static Digest digest(std::string_view token);

  std::vector<Caller> callers_;
  std::vector<Digest> digests_;  // beside callers_
};

}  // namespace management
