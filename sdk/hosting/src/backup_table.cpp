#include <trellis/hosting/basic_tables.hpp>
#include <trellis/runtime/views.hpp>

namespace trellis::hosting {
namespace {

trellis_status begin(trellis_host* host, trellis_view name, trellis_error* error) {
  const HostServices& services = Instance::of(host).services();
  if (services.backup != nullptr) return services.backup->begin(services.backup_store, name, error);
  set_error(error, "there is no store, or one that makes no backups; the setting \"store\" names it");
  return TRELLIS_UNSUPPORTED;
}

void look(trellis_host* host, void* user, void (*tell)(void* user, const trellis_backup* backup)) {
  const HostServices& services = Instance::of(host).services();
  if (services.backup != nullptr) return services.backup->look(services.backup_store, user, tell);
  trellis_backup none{};
  none.struct_size = sizeof none;
  none.state = TRELLIS_BACKUP_NONE;
  tell(user, &none);
}

constexpr trellis_host_backup kBackup{sizeof(trellis_host_backup), 0, &begin, &look};

}  // namespace

const void* backup_table() noexcept { return &kBackup; }

}  // namespace trellis::hosting
