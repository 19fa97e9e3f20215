// Chunks into segments, and from there into the index.
#include <algorithm>
#include <cerrno>

#include "journal.hpp"

namespace journal {

std::string Journal::open_first_segment() {
  next_sequence_ = recovered_.next_sequence;
  next_number_ = recovered_.highest_number + 1;
  for (const std::string& name : recovered_.leftovers) disk_.remove(name);
  Spare made;
  Errno code = make_segment(next_number_++, options_.segment_bytes, made);
  const SegmentHeader header{made.number, next_sequence_, recovered_.last_segment, recovered_.last_end,
                             next_sequence_ - 1};
  // What the last run left unsynced is not said to be on the medium before it is.
  if (code == 0 && recovered_.cut) ledger_.at(recovered_.last_segment).file->truncate(recovered_.last_end);
  if (no_room(code) && recovered_.last_segment != 0) return go_on_in_last();
  if (code == 0) code = bring_unproven();
  if (code == 0) code = made.file->write(0, encode(header, store_id_));
  if (code == 0) code = made.file->sync();
  if (code != 0) {
    if (made.file != nullptr) disk_.remove(segment_name(made.number));
    return folder_ + "/" + segment_name(made.number) + ": cannot make a segment of " +
           std::to_string(options_.segment_bytes) + " bytes: " + errno_text(code);
  }
  current_ = made.number;
  file_ = made.file;
  capacity_ = made.capacity;
  end_ = kSegmentHeader;
  synced_ = next_sequence_ - 1;
  synced_place_ = {current_, static_cast<std::uint32_t>(end_)};
  Segment& segment = ledger_.at(current_);
  segment.file = file_;
  segment.length = end_;
  return {};
}

/// There is no room for a segment: goes on in the one there is, with what was prepared in it for this case.
std::string Journal::go_on_in_last() {
  current_ = recovered_.last_segment;
  file_ = ledger_.at(current_).file;
  end_ = recovered_.last_end;
  in_reserve_ = !reserve_;  // it may have been that
  Errno code = file_->size(capacity_);
  const std::string zeros(std::size_t{1} << 20, '\0');
  for (std::uint64_t at = end_; code == 0 && at < capacity_; at += zeros.size()) {
    code = file_->write(at, std::string_view(zeros).substr(0, std::min<std::uint64_t>(zeros.size(), capacity_ - at)));
  }
  if (code == 0) code = bring_unproven();
  if (code != 0) return folder_ + "/" + segment_name(current_) + ": cannot be written: " + errno_text(code);
  synced_ = next_sequence_ - 1;
  synced_place_ = {current_, static_cast<std::uint32_t>(end_)};
  no_space_ = true;
  back_off();
  listener_.log(Severity::warn, folder_ + ": there is no room for a segment of " +
                                    std::to_string(options_.segment_bytes) +
                                    " bytes; only what frees room is taken until that is possible");
  return {};
}

/// The same bytes over themselves: that makes them dirty again, so that a sync means what it says.
Errno Journal::bring_unproven() {
  std::string window;
  for (const Unproven& part : recovered_.unproven) {
    File& file = *ledger_.at(part.segment).file;
    for (std::uint64_t at = part.begin; at < part.end; at += window.size()) {
      window.resize(static_cast<std::size_t>(std::min<std::uint64_t>(part.end - at, std::uint64_t{1} << 20)));
      std::size_t got = 0;
      Errno code = file.read(at, window, got);
      if (code == 0 && got < window.size()) code = EIO;
      if (code == 0) code = file.write(at, std::string_view(window));
      if (code != 0) return code;
    }
  }
  for (const auto& [number, segment] : ledger_.all()) {
    if (const Errno code = segment.file->sync(); code != 0) return code;
  }
  return disk_.sync_names();
}

void Journal::commit(std::span<Item> items) {
  write_all(items);
  for (Item& item : items) {
    if (item.kind == Item::Kind::read) {
      answer_read(item);
    } else {
      waiting_bytes_.fetch_sub(item.chunk.size(), std::memory_order_relaxed);
      applied(item);
    }
  }
}

void Journal::write_all(std::span<Item> items) {
  std::vector<Item*> batch;
  std::uint64_t at = end_;
  for (Item& item : items) {
    if (item.kind != Item::Kind::write) continue;
    // Behind one that was not kept nothing is that was taken before everybody could see why: what holds is a prefix.
    const bool own = item.shard == UINT32_MAX;
    item.failed = failing_ || (!own && item.era != era_);
    if (item.failed) continue;
    if (at + item.chunk.size() > capacity_) {
      const bool flushed = flush(batch);
      batch.clear();
      at = end_;
      if (!flushed || !roll(item.chunk.size(), item.growth)) {
        item.failed = true;
        if (item.growth == Growth::changes) takes_changes_ = false;
        if (!own && !failing_) end_era(State::full);
        continue;
      }
      at = end_;
    }
    if (!may_take(item, at)) {
      item.failed = true;
      if (item.growth == Growth::changes) takes_changes_ = false;
      if (!own) end_era(State::full);
      continue;
    }
    item.sequence = next_sequence_++;
    item.place = {current_, static_cast<std::uint32_t>(at)};
    encode({load<std::uint32_t>(item.chunk.data() + 8), load<std::uint32_t>(item.chunk.data() + 12), item.sequence,
            synced_},
           store_id_, item.chunk.data());
    at += item.chunk.size();
    batch.push_back(&item);
  }
  flush(batch);
}

/// What was taken until now and not written is not kept either; from here on the state says what is taken.
void Journal::end_era(State state) {
  state_ = state;
  ++era_;
}

bool Journal::flush(std::span<Item*> batch) {
  if (batch.empty()) return true;
  std::vector<std::string_view> pieces;
  pieces.reserve(batch.size());
  std::uint64_t bytes = 0;
  for (const Item* item : batch) {
    pieces.emplace_back(item->chunk);
    bytes += item->chunk.size();
  }
  if (dirty_.empty() || dirty_.back() != file_) dirty_.push_back(file_);
  if (const Errno code = file_->write(end_, pieces); code != 0) {
    torn_ = bytes;
    next_sequence_ = batch.front()->sequence;
    for (Item* item : batch) item->failed = true;
    begin_failing("cannot write to " + segment_name(current_), code);
    return false;
  }
  end_ += bytes;
  ledger_.at(current_).length = end_;
  since_checkpoint_ += bytes;
  recent_bytes_ += bytes;
  counts_.bytes += bytes;
  counts_.chunks += batch.size();
  return true;
}

/// The next segment, one that has so many bytes.
bool Journal::take_spare(std::uint64_t bytes, Spare& next) {
  if (spare_ && bytes <= spare_->capacity) {
    next = *std::exchange(spare_, std::nullopt);
    return true;
  }
  if (spare_) remove_later(segment_name(spare_->number));  // segments go up in number
  spare_.reset();
  if (no_space_) return false;  // it is tried again from time to time, not for every chunk
  const Errno code = make_segment(next_number_++, std::max(options_.segment_bytes, bytes), next);
  if (code == 0) return true;
  say_full(code);
  return false;
}

/// Goes on in the next segment, one with room for such a chunk.
bool Journal::roll(std::uint64_t chunk_bytes, Growth growth) {
  Spare next;
  const bool reserved = !take_spare(kSegmentHeader + chunk_bytes, next);
  if (reserved && !(growth == Growth::frees && take_reserve(kSegmentHeader + chunk_bytes, next))) return false;
  const SegmentHeader header{next.number, next_sequence_, current_, end_, synced_};
  const Errno code = next.file->write(0, encode(header, store_id_));
  if (code != 0) {
    begun_.push_back(next.number);
    remove_later(segment_name(next.number));
    begin_failing("cannot write to " + segment_name(next.number), code);
    return false;
  }
  keeper_.post([file = file_, length = end_] {
    // The end was prepared and is not needed; that it is given back is worth no error.
    file->truncate(length);
  });
  in_reserve_ = reserved;
  takes_changes_ = !reserved;
  current_ = next.number;
  file_ = next.file;
  capacity_ = next.capacity;
  end_ = kSegmentHeader;
  Segment& segment = ledger_.at(current_);
  segment.file = file_;
  segment.length = end_;
  return true;
}

Errno Journal::make_segment(std::uint32_t number, std::uint64_t bytes, Spare& made) {
  return make_segment(number, segment_name(number), bytes, made);
}

Errno Journal::make_segment(std::uint32_t number, const std::string& name, std::uint64_t bytes, Spare& made) {
  made = {number, nullptr, bytes};
  Errno code = disk_.open(name, Disk::Mode::create, made.file);
  if (code != 0) return code;
  code = made.file->allocate(bytes);
  if (code == 0) code = disk_.sync_names();
  if (code != 0) {
    made.file.reset();
    disk_.remove(name);
  }
  return code;
}

void Journal::applied(Item& item) {
  if (!item.failed) {
    const std::string_view payload =
        std::string_view(item.chunk).substr(kChunkHeader, load<std::uint32_t>(item.chunk.data() + 12));
    const Place at{item.place.segment, item.place.offset + static_cast<std::uint32_t>(kChunkHeader)};
    if (!index_.apply(payload, at, item.sequence)) leave_out(item);
    if (unsynced_.empty()) unsynced_since_ = Clock::now();
    unsynced_bytes_ += item.chunk.size();
    unsynced_.push_back({item.sequence, item.place, std::move(item.chunk)});
    if (item.level == Level::synced) wanted_sync_ = item.sequence;
  }
  if (item.shard == UINT32_MAX) return;  // our own
  if (item.shard >= pending_.size()) pending_.resize(item.shard + 1);
  // Where its own group began to fail, nobody syncs it before it was written again.
  const bool failed = item.failed || (failing_ && item.level == Level::synced);
  pending_[item.shard].push_back({item.token, item.sequence, item.level, failed});
}

/// What was written is no change, and a start would refuse it. All since the last good sync is written again, with
/// nothing in its place.
void Journal::leave_out(Item& item) {
  item.failed = true;
  item.chunk = ChunkWriter().seal();
  encode(
      {load<std::uint32_t>(item.chunk.data() + 8), load<std::uint32_t>(item.chunk.data() + 12), item.sequence, synced_},
      store_id_, item.chunk.data());
  begin_failing("a call held what is no change", EINVAL);
}

void Journal::answer_read(const Item& item) {
  ReadPlan plan{item.queue, item.bytes, index_.select(item.queue, item.after, item.entries, item.bytes), {}};
  for (const Wanted& wanted : plan.wanted) {
    auto& file = plan.files[wanted.place.segment];
    if (file == nullptr) file = ledger_.at(wanted.place.segment).file;
  }
  reader_.post([this, plan = std::move(plan), shard = item.shard, token = item.token] {
    ReadResult result;
    const bool good = result.read(plan);
    if (!good) {
      listener_.log(Severity::error,
                    folder_ + "/" + result.why() + "; `trellis store verify " + folder_ + "` looks at everything");
    }
    waiting_reads_.fetch_sub(1);
    listener_.entries(shard, token, good, good ? std::span(result.entries()) : std::span<const ReadEntry>());
  });
}

/// A chunk of the engine itself, which nobody waits for.
bool Journal::write_own(ChunkWriter&& chunk) {
  Item item;
  item.kind = Item::Kind::write;
  item.shard = UINT32_MAX;
  item.chunk = std::move(chunk).seal();
  write_all(std::span(&item, 1));
  const bool good = !item.failed;
  applied(item);
  return good;
}

}  // namespace journal
