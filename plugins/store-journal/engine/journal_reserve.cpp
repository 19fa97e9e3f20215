// The last room: a segment made ahead for what frees and for rewriting, so that a disk that is full to the end gets
// free again by itself. It lies beside the others without a number until it is needed, and nothing is written to it
// before.
#include <utility>

#include "format.hpp"
#include "journal.hpp"

namespace journal {
namespace {
constexpr const char* kName = "segment.reserve";
constexpr std::uint64_t kFillers = 4 * kChunkHeader;  // chunks without changes, which checkpoints need
}  // namespace

/// That of the last run.
void Journal::open_reserve() {
  Spare found;
  if (disk_.open(kName, Disk::Mode::existing, found.file) != 0) return;
  if (found.file->size(found.capacity) == 0 && found.capacity == options_.segment_bytes) {
    reserve_ = std::move(found);
  } else {
    disk_.remove(kName);
  }
}

/// Before anything is taken: nothing that adds may use the room that is to be theirs.
void Journal::make_reserves() {
  Errno code = keep_room(disk_, checkpoint_most(), room_wanted(), checkpoint_room_);
  Spare made;
  if (code == 0 && !reserve_) code = make_reserve(made);
  if (made.file != nullptr) reserve_ = std::move(made);
  if (code != 0) say_full(code);
}

Errno Journal::make_reserve(Spare& made) {
  disk_.remove(kName);  // one of which nothing is known
  return make_segment(0, kName, options_.segment_bytes, made);
}

/// Gives it a number. The name is on the medium before anything is in it, so that what lies under its old name is
/// always empty. Where that fails it is tried again with the next that frees.
bool Journal::take_reserve(std::uint64_t bytes, Spare& next) {
  if (!reserve_ || bytes > reserve_->capacity) return false;
  const std::string from = reserve_->number == 0 ? kName : segment_name(reserve_->number);
  const std::uint32_t number = next_number_++;
  Errno code = disk_.rename(from, segment_name(number));
  if (code == 0) {
    reserve_->number = number;
    code = disk_.sync_names();
  }
  if (code == 0) {
    next = *std::exchange(reserve_, std::nullopt);
    return true;
  }
  ++counts_.failures;
  listener_.log(Severity::warn, folder_ + "/" + from + ": cannot be put to use: " + errno_text(code));
  return false;
}

/// Whether it may be written there while there is no room for another segment: what adds leaves an eighth of the last
/// one and all of the reserve to what frees, what changes half of that, and everybody leaves room for the checkpoints
/// that give segments back.
bool Journal::may_take(const Item& item, std::uint64_t at) const {
  if (!no_space_) return true;
  const std::uint64_t end = at + item.chunk.size();
  if (item.growth == Growth::adds) return !in_reserve_ && end <= capacity_ - capacity_ / 8;
  if (item.growth == Growth::changes) return !in_reserve_ && end <= capacity_ - capacity_ / 16;
  const bool own = item.shard == UINT32_MAX;
  return own || spare_ || reserve_ || end + kFillers <= capacity_;
}

/// Whether so much may be moved. While there is no room it takes three quarters of the reserve at most.
bool Journal::may_move(std::uint64_t bytes) const {
  if (!no_space_ || spare_) return true;
  if (reserve_) return end_ + bytes <= capacity_ || kSegmentHeader + bytes <= reserve_->capacity / 4 * 3;
  return in_reserve_ && end_ + bytes <= capacity_ / 4 * 3;
}

/// Nothing is left for what frees either.
bool Journal::stuck() const {
  return no_space_ && !spare_ && !reserve_ && end_ + kFillers + capacity_ / 64 > capacity_;
}

}  // namespace journal
