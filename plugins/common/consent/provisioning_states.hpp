// Lent by plugins with resources that are not all done when they are kept; asked by whoever shows resources.
#pragma once

#include <trellis/abi/base.h>

#include <cstdint>
#include <trellis/tables.hpp>

namespace common {

struct ProvisioningStates {
  std::uint32_t struct_size;
  std::uint32_t reserved;
  // Calls sink(user, state) before it returns where a resource's state is another one than "Succeeded".
  // [any, running] takes a lock
  void (*find)(void *instance, trellis_view name_space, trellis_view type, trellis_view name, void *user,
               void (*sink)(void *user, trellis_view state));
};

}  // namespace common

template <>
inline constexpr std::string_view trellis::kTableId<common::ProvisioningStates> = "trellis.provisioning-states/1";
