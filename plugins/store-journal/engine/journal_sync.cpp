// What is on the medium, who is answered, and what happens when a disk fails.
#include <algorithm>
#include <utility>

#include "journal.hpp"

namespace journal {

void Journal::release() {
  // Where the medium is slower than those that write, they are told later, and so slowed, long before they are refused.
  const bool slowed = !failing_ && !finishing_ && unsynced_bytes_ > 4 * options_.sync_bytes;
  const std::uint64_t written = slowed ? synced_ : next_sequence_ - 1;
  for (std::uint32_t shard = 0; shard < pending_.size(); ++shard) {
    auto& waiting = pending_[shard];
    while (!waiting.empty()) {
      const Pending& first = waiting.front();
      if (!first.failed && first.sequence > (first.level == Level::synced ? synced_ : written)) break;
      listener_.stored(shard, first.token, !first.failed);
      waiting.pop_front();
    }
  }
}

bool Journal::want_sync() const {
  if (syncing_ || failing_ || finishing_ || dirty_.empty()) return false;
  if (wanted_sync_ > synced_ || checkpoint_ || unsynced_bytes_ > options_.sync_bytes) return true;
  return !unsynced_.empty() && Clock::now() >= unsynced_since_ + options_.sync_interval;
}

void Journal::begin_sync() {
  syncing_ = true;
  syncer_.post([this, files = std::exchange(dirty_, {}), through = next_sequence_ - 1,
                place = Place{current_, static_cast<std::uint32_t>(end_)}] {
    const auto begin = Clock::now();
    Errno code = 0;
    for (const auto& file : files) code = code != 0 ? code : file->sync();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
    post([this, code, through, place, us = static_cast<std::uint64_t>(took.count())] {
      syncing_ = false;
      end_sync(code, through, place, us);
    });
  });
}

void Journal::end_sync(Errno code, std::uint64_t through, Place place, std::uint64_t took_us) {
  ++counts_.syncs;
  counts_.sync_us += took_us;
  if (code != 0) {
    // Of what was written since the last good sync the system may have let go, and say that the next sync is good.
    return begin_failing("cannot sync", code);
  }
  if (failing_ && through > next_sequence_ - 1) return;
  synced_ = through;
  synced_place_ = place;
  while (!unsynced_.empty() && unsynced_.front().sequence <= through) {
    unsynced_bytes_ -= unsynced_.front().chunk.size();
    buffers_.give(std::move(unsynced_.front().chunk));
    unsynced_.pop_front();
  }
  if (!unsynced_.empty()) unsynced_since_ = Clock::now();
}

void Journal::fail_pending() {
  for (auto& waiting : pending_) {
    for (Pending& one : waiting) {
      one.failed = one.failed || one.sequence > (one.level == Level::synced ? synced_ : next_sequence_ - 1);
    }
  }
}

void Journal::back_off() {
  back_off_ = std::clamp(back_off_ * 2, options_.retry_least, options_.retry_most);
  retry_at_ = Clock::now() + back_off_;
}

void Journal::begin_failing(const std::string& what, Errno code) {
  ++counts_.failures;
  if (!failing_) {
    listener_.log(Severity::error,
                  folder_ + ": " + what + ": " + errno_text(code) +
                      "; nothing is taken until what is not known to be on the medium was written again");
  }
  failing_ = true;
  // Nobody waits for a disk that may never work again.
  for (auto& waiting : pending_) {
    for (Pending& one : waiting) one.failed = one.failed || (one.level == Level::synced && one.sequence > synced_);
  }
  checkpoint_.reset();
  back_off();
  end_era(State::failing);
  end_cut(folder_ + ": " + what + ": " + errno_text(code));
}

void Journal::retry() {
  if (syncing_) return;  // its answer changes what has to be written again
  if (!write_again()) return back_off();
  failing_ = false;
  back_off_ = {};
  retry_at_ = {};
  dirty_.clear();
  listener_.log(Severity::info, folder_ + ": writing works again");
  release();
}

/// Everything since the last good sync: to a new segment, and where there is no room for one to where it lies, and
/// where that fails too to the reserve.
bool Journal::write_again() {
  Spare made;
  Errno code = room_to_write_again(made);
  if (code == 0) code = write_elsewhere(made);
  bool full = no_room(code);
  if (full) code = write_in_place();
  if (full && code != 0 && take_reserve(kSegmentHeader + unsynced_bytes_, made)) {
    code = write_elsewhere(made);
    in_reserve_ = in_reserve_ || code == 0;
  } else if (code == 0 && !full) {
    in_reserve_ = false;
  }
  if (code != 0) {
    ++counts_.failures;
    return false;
  }
  no_space_ = full || !reserve_;  // nothing that adds before there is one
  synced_ = next_sequence_ - 1;
  synced_place_ = {current_, static_cast<std::uint32_t>(end_)};
  unsynced_.clear();
  unsynced_bytes_ = 0;
  torn_ = 0;
  begun_.clear();
  rewriting_ = 0;
  return true;
}

/// The one made ahead where it has the room, and is above all that a start may find a header in.
Errno Journal::room_to_write_again(Spare& made) {
  const std::uint64_t needed = kSegmentHeader + unsynced_bytes_;
  const std::uint32_t above = begun_.empty() ? 0 : *std::max_element(begun_.begin(), begun_.end());
  if (spare_ && spare_->capacity >= needed && spare_->number > above) {
    made = *std::exchange(spare_, std::nullopt);
    return 0;
  }
  if (spare_) disk_.remove(segment_name(spare_->number));
  spare_.reset();
  return make_segment(next_number_++, std::max(options_.segment_bytes, needed + options_.segment_bytes / 4), made);
}

/// To a segment that begins to count once all of it is there.
Errno Journal::write_elsewhere(const Spare& made) {
  std::vector<std::string_view> pieces;
  std::vector<Place> places;
  std::uint64_t end = kSegmentHeader;
  for (const Unsynced& one : unsynced_) {
    pieces.emplace_back(one.chunk);
    places.push_back({made.number, static_cast<std::uint32_t>(end)});
    end += one.chunk.size();
  }
  const SegmentHeader header{made.number, synced_ + 1, synced_place_.segment, synced_place_.offset, synced_};
  Errno code = made.file->write(kSegmentHeader, pieces);
  if (code == 0) code = made.file->sync();
  if (code == 0) code = made.file->write(0, encode(header, store_id_));
  if (code == 0) code = made.file->sync();
  if (code != 0) {
    begun_.push_back(made.number);
    remove_later(segment_name(made.number));
    return code;
  }
  lies_elsewhere(made.number, places);
  ledger_.at(made.number).file = made.file;
  ledger_.at(made.number).length = end;
  current_ = made.number;
  file_ = made.file;
  capacity_ = made.capacity;
  end_ = end;
  return 0;
}

/// What was not known to be on the medium lies in that segment now, and those it lay in go.
void Journal::lies_elsewhere(std::uint32_t made, const std::vector<Place>& places) {
  index_.relocate([&](Place place) {
    // The last chunk that begins at or before that place.
    const auto after = std::upper_bound(unsynced_.begin(), unsynced_.end(), place, [](Place a, const Unsynced& b) {
      return std::pair(a.segment, a.offset) < std::pair(b.place.segment, b.place.offset);
    });
    if (after == unsynced_.begin()) return place;
    const auto& chunk = *(after - 1);
    if (chunk.place.segment != place.segment || place.offset - chunk.place.offset >= chunk.chunk.size()) return place;
    const Place to = places[static_cast<std::size_t>(after - 1 - unsynced_.begin())];
    return Place{to.segment, to.offset + (place.offset - chunk.place.offset)};
  });
  std::vector<std::uint32_t> gone;
  for (const auto& [number, segment] : ledger_.all()) {
    if (number > synced_place_.segment && number < made) gone.push_back(number);
  }
  for (const std::uint32_t number : gone) {
    remove_later(segment_name(number));
    ledger_.forget(number);
  }
  ledger_.at(synced_place_.segment).length = synced_place_.offset;
}

}  // namespace journal
