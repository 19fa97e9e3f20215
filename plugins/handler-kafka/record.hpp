// An event on its way to a cluster.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <trellis/handler.hpp>

#include "common/delivery/attribute_mappings.hpp"
#include "target.hpp"

namespace kafka {

struct Record {
  std::shared_ptr<const Target> target;
  trellis::Settlement settlement;
  std::optional<std::string> key = {};
  common::NamedTexts headers = {};
  std::string value = {};  // lent to the library until its report
  std::list<Record>::iterator self = {};

  std::size_t bytes() const noexcept {
    std::size_t sum = value.size() + (key ? key->size() : 0);
    for (const auto& [name, text] : headers) sum += name.size() + text.size();
    return sum;
  }
};
using Records = std::list<Record>;

}  // namespace kafka
