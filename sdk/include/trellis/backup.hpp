// Copies of what the store keeps, made while it is used: for stores that offer them, and for whoever asks for one.
#pragma once

#include <trellis/abi/backup.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/view.hpp>

namespace trellis {

enum class BackupState : std::uint32_t {
  none = TRELLIS_BACKUP_NONE,  ///< none was asked for since the store was started, or nobody makes any
  copying = TRELLIS_BACKUP_COPYING,
  verifying = TRELLIS_BACKUP_VERIFYING,
  done = TRELLIS_BACKUP_DONE,
  failed = TRELLIS_BACKUP_FAILED,
};

/// The one that was begun last.
struct Backup {
  BackupState state = BackupState::none;
  std::uint64_t number = 0;  ///< counted from 1 since the store was started
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;
  std::string name = {};
  std::string reason = {};  ///< where it failed
};

/// Put around the kind: class Journal : public trellis::WithBackup<trellis::Store>, which then overrides both.
template <class Kind>
class WithBackup : public Kind {
 public:
  /// Begins one under that name, and does not wait. Fails with Status::unsupported where no place is configured for
  /// them, Status::unavailable where one is under way, Status::invalid where the name will not do. [any, running]
  virtual Result<void> begin_backup(std::string_view name) = 0;
  /// [any, running]
  virtual Backup backup() const = 0;

  const void* table(std::string_view id) override {
    return id == kTableId<trellis_store_backup> ? &table_ : Kind::table(id);
  }

 private:
  static trellis_status begin_glue(void* instance, trellis_view name, trellis_error* error) noexcept {
    return glue::guarded(error, Status::internal,
                         [&] { return static_cast<WithBackup&>(glue::plugin(instance)).begin_backup(text(name)); });
  }
  static void look_glue(void* instance, void* user, void (*tell)(void*, const trellis_backup*)) noexcept {
    Backup now;
    glue::quietly(instance, "backup", [&](Plugin& mine) { now = static_cast<WithBackup&>(mine).backup(); });
    const trellis_backup facts{sizeof(trellis_backup),
                               static_cast<std::uint32_t>(now.state),
                               now.number,
                               now.done_bytes,
                               now.total_bytes,
                               view(now.name),
                               view(now.reason)};
    tell(user, &facts);
  }

  static constexpr trellis_store_backup table_{sizeof(trellis_store_backup), 0, &begin_glue, &look_glue};
};

/// Begins a backup of the broker's store; the same failures, and Status::unsupported where it makes none.
/// [any, running]
inline Result<void> begin_backup(const Host& host, std::string_view name) {
  const auto* table = host.table<trellis_host_backup>();
  if (table == nullptr) return fail("this broker makes no backups", Status::unsupported);
  trellis_error error{sizeof(trellis_error), 0, {}};
  const trellis_status status = table->begin(host.handle(), view(name), &error);
  if (status == TRELLIS_OK) return ok();
  return fail(std::string(error.text, error.size), static_cast<Status>(status));
}

/// [any, running]
inline Backup look_at_backup(const Host& host) {
  Backup out;
  const auto* table = host.table<trellis_host_backup>();
  if (table == nullptr) return out;
  table->look(host.handle(), &out, [](void* user, const trellis_backup* facts) {
    *static_cast<Backup*>(user) = {static_cast<BackupState>(facts->state),
                                   facts->number,
                                   facts->done_bytes,
                                   facts->total_bytes,
                                   std::string(text(facts->name)),
                                   std::string(text(facts->reason))};
  });
  return out;
}

}  // namespace trellis
