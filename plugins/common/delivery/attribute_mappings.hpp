// deliveryAttributeMappings: headers, or properties, of a subscription's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>
#include <utility>
#include <vector>

#include "common/cloud_event/keys.hpp"
#include "common/cloud_event/value.hpp"

namespace common {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

struct AttributeMappings {
  static constexpr std::size_t kMost = 10;
  static constexpr std::size_t kMostNameBytes = 256;
  static constexpr std::size_t kMostValueBytes = 4096;

  NamedTexts fixed;
  std::vector<std::pair<std::string, std::uint32_t>> of_event;  // with the slot of the keys

  bool sets(std::string_view name) const noexcept;
  /// Adds what the event says; what is neither text, number, true nor false is left out, and so is what is too long.
  void take(const cloud_event::Reading& said, NamedTexts& out) const;
};

/// What is wrong with a name at that peer; ok where nothing is.
using NameJudge = trellis::Result<void> (*)(std::string_view name);

/// What one of the list may hold. name: a help.
trellis::Schema attribute_mapping_schema(std::string_view name = "Its name.");

/// Reads the list. `keys` gets what the dynamic ones look for. Values are in no sentence.
trellis::Result<AttributeMappings> read_attribute_mappings(const std::vector<trellis::Config>& list,
                                                           cloud_event::Keys& keys, NameJudge judge);

}  // namespace common
