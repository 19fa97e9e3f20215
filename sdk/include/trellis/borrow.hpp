// Tables of other plugins, and the news of who offers them.
#pragma once

#include <trellis/abi/borrow.h>

#include <optional>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/shard.hpp>
#include <trellis/view.hpp>

namespace trellis {

/// A table of another plugin. Small, to be copied; good for as long as the borrower runs.
template <class Table>
class Borrowed {
 public:
  Borrowed(const trellis_host_borrow& host, const trellis_borrowed& found) noexcept
      : host_(&host), found_(found), table_(static_cast<const Table*>(found.table)) {}

  const Table* operator->() const noexcept { return table_; }
  void* instance() const noexcept { return found_.instance; }
  /// Null where the lender has stopped. [shard]
  void* shard(const trellis_shard* shard) const noexcept { return host_->shard(found_.lender, shard); }
  void* shard(const Shard& shard) const noexcept { return this->shard(shard.handle()); }
  bool same_lender(const Borrowed& other) const noexcept { return found_.lender == other.found_.lender; }

 private:
  const trellis_host_borrow* host_;
  trellis_borrowed found_;
  const Table* table_;
};

/// name: as the configuration calls the plugin; empty: the first that offers such a table. Nothing where there is none.
/// While resources are judged it may be one that does not run yet. [control]
template <class Table>
std::optional<Borrowed<Table>> borrow(const Host& host, std::string_view name = {}) {
  const auto* table = host.table<trellis_host_borrow>();
  trellis_borrowed found{};
  found.struct_size = sizeof found;
  if (table == nullptr || table->borrow(host.handle(), view(name), view(kTableId<Table>), &found) != TRELLIS_OK) {
    return std::nullopt;
  }
  return Borrowed<Table>(*table, found);
}

/// Put around the kind: class Mine : public trellis::WithLenders<trellis::Service>, which then overrides
/// lenders_changed().
template <class Kind>
class WithLenders : public Kind {
 public:
  /// Who runs has changed: borrow now, and again each time. [control, running]
  virtual void lenders_changed() = 0;

  const void* table(std::string_view id) override {
    static constexpr trellis_borrower kTable{sizeof(trellis_borrower), 0, [](void* instance) {
                                               glue::quietly(instance, "lenders_changed", [](Plugin& mine) {
                                                 static_cast<WithLenders&>(mine).lenders_changed();
                                               });
                                             }};
    return id == kTableId<trellis_borrower> ? &kTable : Kind::table(id);
  }
};

}  // namespace trellis
