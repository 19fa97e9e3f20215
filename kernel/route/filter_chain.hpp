// The stages messages pass on publish or on delivery.
#pragma once

#include <trellis/abi/filter.h>

#include <string>
#include <string_view>
#include <trellis/keeping/message.hpp>
#include <vector>

#include "names.hpp"

struct trellis_batch {};

namespace trellis::kernel {

struct StageBinding {
  std::string name;  // instance
  const trellis_stage* table = nullptr;
  void* shard_state = nullptr;
};

/// Stages in order, on one shard. Without stages it is not called at all.
class FilterChain {
 public:
  FilterChain() = default;
  FilterChain(std::string name_space, std::vector<StageBinding> stages)
      : name_space_(std::move(name_space)), stages_(std::move(stages)) {}

  bool empty() const noexcept { return stages_.empty(); }

  /// What is left of a batch. origin[i] is the index of the message that out[i] came from, SIZE_MAX for a copy that
  /// a stage added. Dropped messages are missing.
  struct Result {
    std::vector<const Message*> out;
    std::vector<std::size_t> origin;
    std::vector<MessagePtr> made;  // keeps what stages made alive
    std::uint32_t dropped = 0;     // how many
  };
  /// publisher: who published all of them, where that is known.
  Result run(const Message* const* messages, std::size_t count, std::int64_t wall_ms,
             const trellis_identity* publisher = nullptr) const;

 private:
  std::string name_space_;
  std::vector<StageBinding> stages_;
};

/// The table stages call back through while they look at a batch.
const trellis_host_stage& stage_table() noexcept;

}  // namespace trellis::kernel
