// A checkpoint: the index as it was before one sequence, and where the journal goes on from there.
//
// File `checkpoint-<sequence>`: magic u64 · version u32 · CRC-32C of all that follows u32 · store u64 · sequence u64 ·
// segment u64 · offset u64 · length of the index u64 · the index. Written beside and renamed, so a damaged one is the
// medium's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "disk.hpp"
#include "format.hpp"
#include "ledger.hpp"

namespace journal {

struct Checkpoint {
  std::uint64_t store_id = 0;
  std::uint64_t sequence = 1;  // the first that it does not hold
  Place tail;                  // where that is; segment 1 and offset 0 where there is no segment yet
  std::string index;
  std::uint32_t version = kVersion;  // when read
};

std::string encode(const Checkpoint& checkpoint);
/// What is wrong, or empty. `foreign` where a version wrote it that is not read here.
std::string decode(std::string_view bytes, Checkpoint& checkpoint, bool& foreign);

/// Into place, under its name, on the medium.
Errno write_checkpoint(Disk& disk, const Checkpoint& checkpoint, std::string_view bytes);
/// What is wrong, or empty.
std::string read_checkpoint(Disk& disk, const std::string& name, Checkpoint& checkpoint, bool& foreign);

}  // namespace journal
