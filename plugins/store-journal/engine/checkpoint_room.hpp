// Room for checkpoints on a disk that has none left. Segments go only after two of them, so there are two files,
// `checkpoint.reserve-1` and `-2`, prepared ahead. What they hold means nothing.
//
// A checkpoint that finds no room otherwise is written into one of them, which then gets its name: none of that room
// is given back in between, when others could take it. The oldest checkpoint, which is over then, takes the place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "disk.hpp"

namespace journal {

/// What each of the two has to have at least where a checkpoint may have so many bytes: rewriting moves what lives
/// apart, and so makes an index larger in which nothing new is.
constexpr std::uint64_t least_room(std::uint64_t bytes) noexcept { return bytes + bytes / 4 + 4096; }

/// With ample room they are not made larger all the time. On a disk that is full all but the least is needed elsewhere:
/// a store without a reserve may take nothing at all.
enum class Room : std::uint8_t { ample, least };

/// Makes them, and makes them larger or smaller, for checkpoints of so many bytes. `has`: what the smaller one has
/// then.
Errno keep_room(Disk& disk, std::uint64_t bytes, Room wanted, std::uint64_t& has);
/// Into one of them, on the medium, and gives it that name.
Errno write_into_room(Disk& disk, std::string_view bytes, const std::string& name);
/// A file that is over takes the place of one that was used, or goes. Nobody may have it open.
void become_room(Disk& disk, const std::string& name);

}  // namespace journal
