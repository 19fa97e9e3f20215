// The batch a stage looks at in its own process, and the table it calls back through meanwhile.
#pragma once

#include <trellis/abi/filter.h>

#include <cstdint>
#include <trellis/isolation/wire.hpp>

namespace trellis::isolation {

/// What plugins get as trellis_batch. Edits are kept as they are sent back.
struct HostBatch {
  trellis_view name_space{};
  const trellis_identity* publisher = nullptr;
  std::uint32_t size = 0;
  std::uint32_t replaced = 0;
  Encoder replacements;
  std::uint32_t copied = 0;
  Encoder copies;

  trellis_batch* handle() noexcept { return reinterpret_cast<trellis_batch*>(this); }
};

const trellis_host_stage& host_stage_table() noexcept;

}  // namespace trellis::isolation
