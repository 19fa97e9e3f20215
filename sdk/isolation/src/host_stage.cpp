#include "host_stage.hpp"

#include <trellis/isolation/contract.hpp>
#include <trellis/topic.hpp>

namespace trellis::isolation {
namespace {

HostBatch& of(trellis_batch* batch) noexcept { return *reinterpret_cast<HostBatch*>(batch); }
const HostBatch& of(const trellis_batch* batch) noexcept { return *reinterpret_cast<const HostBatch*>(batch); }

bool valid(const trellis_publication& message) { return valid_topic_name({message.topic.data, message.topic.size}); }

trellis_status replace(trellis_batch* handle, std::uint32_t index, const trellis_publication* message) {
  HostBatch& batch = of(handle);
  if (index >= batch.size || !valid(*message)) return TRELLIS_INVALID;
  ++batch.replaced;
  batch.replacements(index);
  fields(batch.replacements, *message);
  return TRELLIS_OK;
}

trellis_status copy(trellis_batch* handle, const trellis_publication* message) {
  HostBatch& batch = of(handle);
  if (!valid(*message)) return TRELLIS_INVALID;
  ++batch.copied;
  fields(batch.copies, *message);
  return TRELLIS_OK;
}

}  // namespace

const trellis_host_stage& host_stage_table() noexcept {
  static constexpr trellis_host_stage kTable{sizeof(trellis_host_stage), &replace, &copy,
                                             [](const trellis_batch* batch) { return of(batch).name_space; },
                                             [](const trellis_batch* batch) { return of(batch).publisher; }};
  return kTable;
}

}  // namespace trellis::isolation
