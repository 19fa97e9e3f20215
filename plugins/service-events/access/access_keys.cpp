#include "access_keys.hpp"

#include "common/base64/base64.hpp"
#include "common/http_credentials/access_keys.hpp"

namespace events_service {
namespace {

using trellis::fail;

constexpr std::size_t kFewestBytes = 16;

}  // namespace

trellis::ResourceTypeRules access_keys() {
  return {.name = kAccessKeys,
          .schema = trellis::Schema{}
                        .text("key", {.help = "The key in base64: 16 to 96 bytes, of which nobody else can know.",
                                      .required = true})
                        .text("description", {.help = "For people."})
                        .json(),
          .shortest_name = 4,
          .longest_name = 4,
          .most = static_cast<std::uint32_t>(http_credentials::AccessKeys::kMostKeys)};
}

trellis::Result<void> check_access_key(const trellis::Resource& put) {
  if (put.name() != "key1" && put.name() != "key2") {
    return fail("the keys of a namespace are named key1 and key2, not " + trellis::json::quote(put.name()));
  }
  const std::string key = put.properties().text("key");
  const auto decoded = common::from_base64(key);
  if (!decoded) return fail("/key: what is there is not base64; \"openssl rand -base64 32\" makes a key");
  if (decoded->size() < kFewestBytes || key.size() > http_credentials::AccessKeys::kLongest) {
    return fail("/key: found " + std::to_string(decoded->size()) + " bytes in base64, expected 16 to 96");
  }
  return trellis::ok();
}

}  // namespace events_service
