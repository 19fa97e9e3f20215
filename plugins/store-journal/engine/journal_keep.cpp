// Room: the next segment, checkpoints, segments in which nothing lives.
#include <algorithm>
#include <utility>

#include "journal.hpp"

namespace journal {

/// Has the reserve and the next segment made ahead, and the free space measured: once a second while something is
/// written, and as often as it is tried again while there is too little.
void Journal::want_spare() {
  const auto now = Clock::now();
  const bool short_of_room = no_space_ || low_;
  const std::uint64_t most = checkpoint_most();
  if (failing_ || making_spare_ || (short_of_room && now < retry_at_)) return;
  const bool measure_now = short_of_room || (since_checkpoint_ > 0 && now >= measured_at_ + std::chrono::seconds(1));
  if (spare_ && reserve_ && checkpoint_room_ >= least_room(most) && !measure_now) return;
  making_spare_ = true;
  measured_at_ = now;
  if (short_of_room) {
    back_off();
    // Segments in which nothing lives are given back after checkpoints only.
    want_checkpoint_ = want_checkpoint_ || anything_to_free();
  }
  const std::uint32_t number = spare_ ? 0 : next_number_++;
  keeper_.post([this, number, most, wanted = room_wanted(), wants_reserve = !reserve_] {
    Spare made;
    Spare reserve;
    std::uint64_t room = 0;
    // In the order in which they get a disk free that is full.
    Errno code = keep_room(disk_, most, wanted, room);
    if (code == 0 && wants_reserve) code = make_reserve(reserve);
    if (code == 0 && number != 0) code = make_segment(number, options_.segment_bytes, made);
    std::uint64_t free = UINT64_MAX;
    if (disk_.free_bytes(free) != 0) free = UINT64_MAX;
    post([this, code, made, reserve, room, free] { end_spare(code, made, reserve, room, free); });
  });
}

void Journal::end_spare(Errno code, Spare made, Spare reserve, std::uint64_t room, std::uint64_t free) {
  making_spare_ = false;
  checkpoint_room_ = room;
  if (reserve.file != nullptr) reserve_ = std::move(reserve);
  measure(free);
  if (code != 0) {
    ++counts_.failures;
    return say_full(code);
  }
  if (made.file != nullptr && (made.number < current_ || spare_)) {
    remove_later(segment_name(made.number));
  } else if (made.file != nullptr) {
    spare_ = std::move(made);
  }
  if (spare_ && reserve_ && std::exchange(no_space_, false)) {
    listener_.log(Severity::info, folder_ + ": there is room for segments again");
  }
  if (!no_space_ && !low_) back_off_ = {};
}

void Journal::say_full(Errno code) {
  if (!std::exchange(no_space_, true)) {
    listener_.log(Severity::warn, folder_ + ": cannot make another segment beside the reserve: " + errno_text(code) +
                                      "; only what frees room is taken until that is possible");
  }
  back_off();
}

/// A checkpoint of what there is now has no more: as much as the last one, and what can have come since.
std::uint64_t Journal::checkpoint_most() const {
  const std::uint64_t most = index_.most_encoded();
  return checkpoint_size_ + (most - std::min(most, checkpoint_most_));
}

/// What a full disk gives back is for a reserve and a segment first.
Room Journal::room_wanted() const { return no_space_ || low_ || !reserve_ ? Room::least : Room::ample; }

void Journal::measure(std::uint64_t free) {
  const bool low = free < options_.free_bytes;
  if (low != low_) {
    listener_.log(low ? Severity::warn : Severity::info, folder_ + ": " + std::to_string(free) +
                                                             " bytes are free on the disk, " +
                                                             std::to_string(options_.free_bytes) + " are to be left" +
                                                             (low ? "; only what frees room is taken" : ""));
  }
  low_ = low;
  if (low) back_off();
  const std::lock_guard lock(figures_mutex_);
  figures_.free_bytes = free;
}

bool Journal::anything_to_free() const {
  return std::any_of(ledger_.all().begin(), ledger_.all().end(),
                     [&](const auto& one) { return one.first != current_ && one.second.items == 0; });
}

/// Takes the index as it is now; the file is written once everything before is on the medium.
void Journal::begin_checkpoint() {
  if (failing_ || checkpointing_ || checkpoint_) return;
  const auto now = Clock::now();
  const bool due = since_checkpoint_ >= std::max(options_.checkpoint_bytes, checkpoint_size_);
  // The larger the index, the less often only to give segments back.
  const auto least = options_.reclaim_interval * (1 + checkpoint_size_ / (16U << 20));
  const bool idle = now >= checkpoint_at_ + least && anything_to_free();
  if (!due && !want_checkpoint_ && !idle) return;
  if (checkpoints_.front().first == next_sequence_) {
    // Two that differ are needed before a segment goes, so there has to be something between them.
    if (!write_own(ChunkWriter())) return;
  }
  want_checkpoint_ = false;
  since_checkpoint_ = 0;
  checkpoint_at_ = now;
  waiting_most_ = index_.most_encoded();
  checkpoint_ = Checkpoint{store_id_, next_sequence_, {current_, static_cast<std::uint32_t>(end_)}, index_.encode()};
}

void Journal::send_checkpoint() {
  if (!checkpoint_ || checkpointing_ || synced_ + 1 < checkpoint_->sequence) return;
  checkpointing_ = true;
  keeper_.post([this, checkpoint = std::make_shared<Checkpoint>(std::move(*checkpoint_)), most = waiting_most_] {
    const std::string bytes = encode(*checkpoint);
    const Errno code = write_checkpoint(disk_, *checkpoint, bytes);
    post([this, code, sequence = checkpoint->sequence, tail = checkpoint->tail, size = bytes.size(), most] {
      end_checkpoint(code, sequence, tail, size, most);
    });
  });
  checkpoint_.reset();
}

void Journal::end_checkpoint(Errno code, std::uint64_t sequence, Place tail, std::uint64_t bytes, std::uint64_t most) {
  checkpointing_ = false;
  if (code != 0) {
    ++counts_.failures;
    ++checkpoint_failures_;
    listener_.log(Severity::warn, folder_ + "/" + checkpoint_name(sequence) +
                                      ": cannot be written: " + errno_text(code) + "; the one before counts");
    return;
  }
  ++counts_.checkpoints;
  checkpoint_size_ = bytes;
  checkpoint_most_ = most;
  checkpoint_room_ = 0;  // some of it may have been used
  checkpoints_.emplace_front(sequence, tail);
  retire_checkpoints();
  free_segments();
}

/// The one before the newest is kept for the case that the medium spoils that. Older ones are room for the next.
void Journal::retire_checkpoints() {
  for (; checkpoints_.size() > 2; checkpoints_.pop_back()) {
    const std::string name = checkpoint_name(checkpoints_.back().first);
    // A copy that is made of this one goes on reading it.
    if (!cut_checkpoint_.expired()) {
      remove_later(name);
    } else if (kept_) {
      become_room(disk_, name);
    } else {
      keeper_.post([this, name] { become_room(disk_, name); });
    }
  }
}

/// A segment goes once nothing lives in it since before the newest checkpoint, and no start from either would read it.
void Journal::free_segments() {
  if (checkpoints_.size() < 2) return;
  std::vector<std::uint32_t> gone;
  for (const auto& [number, segment] : ledger_.all()) {
    if (number >= checkpoints_[1].second.segment) break;
    if (segment.items == 0 && segment.empty_since < checkpoints_[0].first) gone.push_back(number);
  }
  for (const std::uint32_t number : gone) {
    remove_later(segment_name(number));
    ledger_.forget(number);
    if (number == rewriting_) rewriting_ = 0;
  }
  // What is given back is taken again before others come.
  if (!gone.empty() && no_space_) retry_at_ = Clock::now();
}

void Journal::remove_later(const std::string& name) {
  if (kept_) {
    disk_.remove(name);
  } else {
    keeper_.post([this, name] { disk_.remove(name); });
  }
}

}  // namespace journal
