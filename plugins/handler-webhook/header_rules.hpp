// deliveryAttributeMappings: headers of the subscription's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/message.hpp>
#include <vector>

#include "common/cloud_event/keys.hpp"
#include "common/http/client.hpp"

namespace hooks {

/// A header whose value comes from the event.
struct DynamicHeader {
  std::string name;
  std::uint32_t slot = 0;  // of the target's keys
};

struct HeaderRules {
  static constexpr std::size_t kMost = 10;
  static constexpr std::size_t kMostValueBytes = 4096;

  trellis::http::ClientHeaders fixed;
  std::vector<DynamicHeader> dynamic;

  bool sets(std::string_view name) const;
};

/// Reads the list. `keys` gets what the dynamic ones look for. Values are in no sentence.
trellis::Result<HeaderRules> read_header_rules(const std::vector<trellis::Config>& list, cloud_event::Keys& keys);

/// What is wrong with a header's name that a subscription chooses: no name, or one that means something here.
trellis::Result<void> check_header_name(const std::string& name);

/// Whether a value may be sent as it is: not too long, no control characters, no blanks around it.
bool is_header_value(std::string_view value) noexcept;

}  // namespace hooks
