#include "common/jose/key_set.hpp"

#include <trellis/json.hpp>
#include <trellis/topic.hpp>
#include <utility>

#include "common/jose/jwk.hpp"

namespace jose {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::Status;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::size_t kLongestShownKid = 64;

std::string name_of(std::size_t index, const Value& jwk) {
  std::string name = "key " + std::to_string(index + 1);
  const Value* kid = jwk.find("kid");
  if (kid != nullptr && kid->type == Type::text && kid->text.size() <= kLongestShownKid) {
    name += " (" + trellis::json::quote(kid->text) + ")";
  }
  return name;
}

}  // namespace

Result<void> KeySet::add_pem(std::string_view pem, std::optional<std::string> kid) {
  auto read = read_pem(pem);
  if (!read) return read.error();
  auto key = Key::make(std::move(*read), std::move(kid));
  if (!key) return key.error();
  keys_.push_back(std::move(*key));
  return trellis::ok();
}

Result<KeySet::Reading> KeySet::from_jwks(std::string_view json) {
  if (json.size() > kLargestJwks) {
    return fail("the key set has more than " + std::to_string(kLargestJwks) + " bytes", Status::invalid);
  }
  if (!trellis::valid_utf8(json)) return fail("the key set is not UTF-8", Status::invalid);
  const auto read = trellis::json::parse(json);
  if (!read) return fail("the key set cannot be read: " + read.error().text, Status::invalid);
  const Value* list = read->type == Type::object ? read->find("keys") : nullptr;
  if (list == nullptr || list->type != Type::list) {
    return fail("the key set is not a JSON object with a list 'keys'", Status::invalid);
  }
  Reading reading;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Value& jwk = list->items[i];
    if (reading.keys.keys_.size() == kMostKeys) {
      reading.skipped.push_back("all after " + std::to_string(kMostKeys) + " keys");
      break;
    }
    auto key = read_jwk(jwk);
    if (!key) {
      reading.skipped.push_back(name_of(i, jwk) + ": " + key.error().text);
    } else if (*key) {
      reading.keys.keys_.push_back(std::move(**key));
    }
  }
  return reading;
}

}  // namespace jose
