#include <trellis/abi/borrow.h>

#include <trellis/hosting/basic_tables.hpp>
#include <trellis/runtime/views.hpp>
#include <trellis/schema/descriptor.hpp>

namespace trellis::hosting {
namespace {

using runtime::text_of;

const trellis_lender* handle_of(const Instance::Lender& lender) noexcept {
  return reinterpret_cast<const trellis_lender*>(&lender);
}
const Instance::Lender& lender_of(const trellis_lender* handle) noexcept {
  return *reinterpret_cast<const Instance::Lender*>(handle);
}

trellis_status lend(const Instance& lender, trellis_view table, trellis_borrowed* out) {
  const bool of_kind = text_of(table) == schema::kind_table(lender.kind());
  out->table = of_kind ? lender.kind_table<void>() : lender.table<void>(text_of(table));
  if (out->table == nullptr) return TRELLIS_UNSUPPORTED;
  out->lender = handle_of(lender.lender(of_kind));
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
  const auto& [instance, of_kind] = lender_of(lender);
  const std::uint32_t index = static_cast<const Shard*>(handle)->index();
  return of_kind ? instance->kind_shard(index) : instance->shard_state(index);
}

constexpr trellis_host_borrow kBorrow{sizeof(trellis_host_borrow), 0, &borrow, &shard};

}  // namespace

const void* borrow_table() noexcept { return &kBorrow; }

}  // namespace trellis::hosting
