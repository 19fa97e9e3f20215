#include "common/jose/claims.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <trellis/topic.hpp>
#include <utility>

namespace jose {
namespace {

using std::chrono::seconds;
using trellis::fail;
using trellis::Result;
using trellis::Status;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::array<std::string_view, 3> kTexts = {"iss", "sub", "jti"};
constexpr std::array<std::string_view, 3> kTimes = {"exp", "nbf", "iat"};
constexpr std::int64_t kLatest = 253'402'300'799;  // the end of the year 9999

trellis::Error wrong_form(std::string_view name, std::string_view expected) {
  return fail("the token's claim '" + std::string(name) + "' is not " + std::string(expected), Status::invalid);
}

bool is_number(const Value& value) { return value.type == Type::integer || value.type == Type::number; }

}  // namespace

bool Claims::registered(std::string_view name) noexcept {
  return name == "aud" || std::ranges::find(kTexts, name) != kTexts.end() ||
         std::ranges::find(kTimes, name) != kTimes.end();
}

Result<Claims> Claims::parse(std::string_view payload) {
  if (!trellis::valid_utf8(payload)) return fail("the token's payload is not UTF-8", Status::invalid);
  Claims claims;
  claims.json_ = std::make_unique<const std::string>(payload);
  auto read = trellis::json::parse(*claims.json_);
  if (!read) return fail("the token's payload cannot be read: " + read.error().text, Status::invalid);
  if (read->type != Type::object) return fail("the token's payload is not a JSON object", Status::invalid);
  claims.root_ = std::move(*read);
  if (const auto good = claims.check(); !good) return good.error();
  return claims;
}

Result<void> Claims::check() {
  for (const std::string_view name : kTexts) {
    const Value* value = find(name);
    if (value != nullptr && value->type != Type::text) return wrong_form(name, "text");
  }
  for (const std::string_view name : kTimes) {
    const Value* value = find(name);
    if (value != nullptr && !is_number(*value)) return wrong_form(name, "a number");
  }
  const Value* audience = find("aud");
  if (audience == nullptr) return trellis::ok();
  if (audience->type == Type::text) {
    audiences_ = {audience->text};
    return trellis::ok();
  }
  if (audience->type != Type::list) return wrong_form("aud", "text or a list of texts");
  for (const Value& item : audience->items) {
    if (item.type != Type::text) return wrong_form("aud", "text or a list of texts");
    audiences_.emplace_back(item.text);
  }
  return trellis::ok();
}

std::optional<std::string_view> Claims::text(std::string_view name) const noexcept {
  const Value* value = find(name);
  if (value == nullptr || value->type != Type::text) return std::nullopt;
  return std::string_view(value->text);
}

std::optional<seconds> Claims::time(std::string_view name) const noexcept {
  const Value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->type == Type::integer) return seconds(std::clamp<std::int64_t>(value->integer, 0, kLatest));
  if (!(value->number > 0)) return seconds(0);
  return seconds(static_cast<std::int64_t>(std::floor(std::min(value->number, static_cast<double>(kLatest)))));
}

}  // namespace jose
