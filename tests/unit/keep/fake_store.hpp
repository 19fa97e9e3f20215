// A store that writes down what it is asked and answers when told to.
#pragma once

#include <trellis/abi/store.h>

#include <cstdint>
#include <string>
#include <trellis/runtime/views.hpp>
#include <utility>
#include <vector>

namespace trellis::kernel::testing {

struct FakeStore {
  struct Change {
    std::uint32_t kind;
    std::string key;
    std::string body;
    bool operator==(const Change&) const = default;
  };
  struct Write {
    std::vector<Change> changes;
    std::uint32_t durability;
    trellis_token token;
  };
  std::vector<Write> writes;
  trellis_status answer = TRELLIS_OK;
  std::uint32_t state = TRELLIS_STORE_STATE_GOOD;
  trellis_store table = make(TRELLIS_DURABILITY_SYNCED);

  static trellis_store make(std::uint32_t strongest) {
    trellis_store made{};
    made.struct_size = sizeof made;
    made.strongest = strongest;
    made.write = [](void* shard, const trellis_store_change* changes, std::uint32_t count, std::uint32_t durability,
                    trellis_token token) -> trellis_status {
      auto& self = *static_cast<FakeStore*>(shard);
      if (self.answer != TRELLIS_OK) return self.answer;
      Write& write = self.writes.emplace_back(Write{{}, durability, token});
      for (std::uint32_t i = 0; i < count; ++i) {
        write.changes.push_back({changes[i].kind, std::string(runtime::text_of(changes[i].key)),
                                 std::string(runtime::text_of(changes[i].body))});
      }
      return TRELLIS_OK;
    };
    made.figures = [](void* instance, trellis_store_figures* figures) {
      figures->state = static_cast<FakeStore*>(instance)->state;
    };
    return made;
  }
};

}  // namespace trellis::kernel::testing
