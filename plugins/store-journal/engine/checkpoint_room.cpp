#include "checkpoint_room.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace journal {
namespace {

const std::array<std::string, 2> kNames = {"checkpoint.reserve-1", "checkpoint.reserve-2"};

constexpr std::uint64_t ample_room(std::uint64_t bytes) noexcept { return bytes + bytes / 2 + 16384; }

Errno make_or_open(Disk& disk, const std::string& name, std::shared_ptr<File>& file) {
  const Errno code = disk.open(name, Disk::Mode::existing, file);
  return code == ENOENT ? disk.open(name, Disk::Mode::create, file) : code;
}

/// Never less than it has, unless that is far too much: what is given back others may take. Nothing waits for the
/// medium here: room that a power cut took is asked for again at the start.
Errno fit(File& file, std::uint64_t bytes, Room wanted, std::uint64_t& size, bool& changed) {
  const std::uint64_t ample = ample_room(bytes);
  if (const Errno code = file.size(size); code != 0) return code;
  const bool too_large = size > 4 * ample;
  if (!too_large && size >= least_room(bytes)) return 0;
  changed = true;
  Errno code = too_large ? file.truncate(ample) : file.allocate(wanted == Room::ample ? ample : least_room(bytes));
  if (no_room(code)) code = file.allocate(least_room(bytes));
  const Errno told = file.size(size);
  return code != 0 ? code : told;
}

}  // namespace

Errno keep_room(Disk& disk, std::uint64_t bytes, Room wanted, std::uint64_t& has) {
  has = UINT64_MAX;
  Errno code = 0;
  bool changed = false;
  for (const std::string& name : kNames) {
    std::shared_ptr<File> file;
    std::uint64_t size = 0;
    Errno one = make_or_open(disk, name, file);
    if (one == 0) one = fit(*file, bytes, wanted, size, changed);
    has = std::min(has, size);
    code = code != 0 ? code : one;
  }
  return code == 0 && changed ? disk.sync_names() : code;
}

Errno write_into_room(Disk& disk, std::string_view bytes, const std::string& name) {
  // One of them may have been a checkpoint, and after a power cut would be that again with other bytes in it.
  Errno code = disk.sync_names();
  if (code != 0) return code;
  code = ENOSPC;
  for (const std::string& room : kNames) {
    std::shared_ptr<File> file;
    std::uint64_t size = 0;
    if (disk.open(room, Disk::Mode::existing, file) != 0 || file->size(size) != 0 || size < bytes.size()) continue;
    code = file->write(0, bytes);
    if (code == 0) code = file->truncate(bytes.size());
    if (code == 0) code = file->sync();
    if (code == 0) code = disk.rename(room, name);
    if (code == 0) return 0;
  }
  return code;
}

void become_room(Disk& disk, const std::string& name) {
  for (const std::string& room : kNames) {
    std::shared_ptr<File> file;
    if (disk.open(room, Disk::Mode::existing, file) == ENOENT && disk.rename(name, room) == 0) return;
  }
  disk.remove(name);
}

}  // namespace journal
