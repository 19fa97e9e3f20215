/// What a token says about its subject.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/result.hpp>
#include <vector>

namespace jose {

/// The claims of RFC 7519, 4.1, in the form they must have, and all others as they are. Movable; the views it gives
/// live as long as it does.
class Claims {
 public:
  /// The payload of a token. Fails with Status::invalid where it is no JSON object, says a name twice, or a registered
  /// claim has the wrong form.
  static trellis::Result<Claims> parse(std::string_view payload);

  std::optional<std::string_view> issuer() const noexcept { return text("iss"); }
  std::optional<std::string_view> subject() const noexcept { return text("sub"); }
  std::optional<std::string_view> id() const noexcept { return text("jti"); }
  /// `aud`, however it is written. Empty: it is absent.
  const std::vector<std::string_view>& audiences() const noexcept { return audiences_; }
  /// Unix time in whole seconds, between 0 and the end of the year 9999.
  std::optional<std::chrono::seconds> expires() const noexcept { return time("exp"); }
  std::optional<std::chrono::seconds> not_before() const noexcept { return time("nbf"); }
  std::optional<std::chrono::seconds> issued_at() const noexcept { return time("iat"); }

  /// Any claim; null where it is absent.
  const trellis::json::Value* find(std::string_view name) const noexcept { return root_.find(name); }
  /// A claim that is text; nothing where it is absent or something else.
  std::optional<std::string_view> text(std::string_view name) const noexcept;

  /// iss, sub, aud, exp, nbf, iat or jti.
  static bool registered(std::string_view name) noexcept;
  /// Calls function(std::string_view name, const trellis::json::Value&) with each that is not one of those, in the
  /// order of the token.
  template <class Function>
  void for_each_other(Function function) const {
    for (std::size_t i = 0; i < root_.keys.size(); ++i) {
      if (!registered(root_.keys[i])) function(std::string_view(root_.keys[i]), root_.items[i]);
    }
  }

 private:
  trellis::Result<void> check();
  std::optional<std::chrono::seconds> time(std::string_view name) const noexcept;

  std::unique_ptr<const std::string> json_;  // the values' sources point into it
  trellis::json::Value root_;
  std::vector<std::string_view> audiences_;
};

}  // namespace jose
