#include <trellis/abi/borrow.h>

#include <trellis/hosting/basic_tables.hpp>
#include <trellis/runtime/views.hpp>

namespace trellis::hosting {
namespace {

using runtime::text_of;

// A lender's handle is its instance.
const trellis_lender* handle_of(const Instance& instance) noexcept {
  return reinterpret_cast<const trellis_lender*>(&instance);
}
const Instance& instance_of(const trellis_lender* handle) noexcept {
  return *reinterpret_cast<const Instance*>(handle);
}

trellis_status lend(const Instance& lender, trellis_view table, trellis_borrowed* out) {
  out->table = lender.table<void>(text_of(table));
  if (out->table == nullptr) return TRELLIS_UNSUPPORTED;
  out->lender = handle_of(lender);
  out->instance = lender.handle();
  return TRELLIS_OK;
}

trellis_status borrow(trellis_host* host, trellis_view name, trellis_view table, trellis_borrowed* out) {
  const Instances* const running = Instance::of(host).services().running;
  if (running == nullptr) return TRELLIS_UNAVAILABLE;
  if (name.size > 0) {
    const auto found = running->find(std::string(text_of(name)));
    return found == running->end() ? TRELLIS_UNAVAILABLE : lend(*found->second, table, out);
  }
  for (const auto& [unused, instance] : *running) {
    if (lend(*instance, table, out) == TRELLIS_OK) return TRELLIS_OK;
  }
  return TRELLIS_UNAVAILABLE;
}

void* shard(const trellis_lender* lender, const trellis_shard* handle) {
  return instance_of(lender).shard_state(static_cast<const Shard*>(handle)->index());
}

constexpr trellis_host_borrow kBorrow{sizeof(trellis_host_borrow), 0, &borrow, &shard};

}  // namespace

const void* borrow_table() noexcept { return &kBorrow; }

}  // namespace trellis::hosting
