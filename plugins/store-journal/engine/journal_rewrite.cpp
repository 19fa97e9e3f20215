// Moves what lives out of segments that are mostly dead, within the bandwidth it may take.
#include <algorithm>

#include "journal.hpp"
#include "segment_reader.hpp"

namespace journal {
namespace {
// Looking at all segments is not for every turn.
constexpr std::chrono::milliseconds kBetweenPicks{50};
constexpr std::chrono::milliseconds kBetweenPicksWithoutRoom{5};
constexpr double kLivingWithoutRoom = 0.75;
}  // namespace

/// So many bytes a second, and while others write no more than a share of theirs.
void Journal::refill_credit() {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - refilled_at_).count();
  if (seconds < 0.01) return;
  refilled_at_ = now;
  const auto rate = static_cast<double>(options_.rewrite_bytes);
  rate_credit_ = std::min(rate_credit_ + rate * seconds, rate);
  const double share = static_cast<double>(recent_bytes_) * options_.rewrite_share / 100;
  share_credit_ = std::min(share_credit_ + (recent_bytes_ == 0 ? rate * seconds : share), rate);
  recent_bytes_ = 0;
}

bool Journal::may_rewrite() const {
  if (failing_ || rewriting_ == 0 || !may_move(0)) return false;
  // What was moved stays in memory until it is on the medium; a slow one must not make that grow.
  if (unsynced_bytes_ > 2 * options_.sync_bytes) return false;
  // Where there is no room for another segment, giving one back is worth more than bandwidth.
  return rewrite_all_ != 0 || no_space_ || (share_credit_ > 0 && rate_credit_ > 0);
}

void Journal::rewrite_some() {
  refill_credit();
  // What frees and what is moved share the reserve, so moving begins as soon as that does.
  const auto pause = in_reserve_ ? std::chrono::milliseconds(0) : no_space_ ? kBetweenPicksWithoutRoom : kBetweenPicks;
  if (rewriting_ == 0 && (rewrite_all_ != 0 || Clock::now() >= picked_at_ + pause)) {
    rewriting_ = pick_segment();
    picked_at_ = Clock::now();
    rewriting_at_ = kSegmentHeader;
  }
  if (may_rewrite() && !rewrite_chunk()) rewriting_ = 0;
}

/// The segment of which least lives, where that is little enough.
std::uint32_t Journal::pick_segment() const {
  std::uint32_t best = 0;
  double least = rewrite_all_ != 0 ? 1e9 : options_.rewrite_below / 100.0;
  if (no_space_ && rewrite_all_ == 0 && least > 0) least = std::max(least, kLivingWithoutRoom);
  for (const auto& [number, segment] : ledger_.all()) {
    // What is not on the medium may be lost there until it was written again.
    if (number >= (rewrite_all_ != 0 ? rewrite_all_ : current_) || number >= synced_place_.segment) break;
    if (segment.items == 0 || segment.unmovable || segment.file == nullptr) continue;
    // After a start it is not known what all was in it; the length says enough.
    const double all = static_cast<double>(std::max(segment.all_bytes, segment.length));
    const double living = static_cast<double>(segment.live_bytes) / all;
    if (living >= least) continue;
    least = living;
    best = number;
  }
  return best;
}

/// The next chunk of the segment; false at its end.
bool Journal::rewrite_chunk() {
  const auto found = ledger_.all().find(rewriting_);
  if (found == ledger_.all().end() || found->second.items == 0) return false;
  Segment& segment = found->second;
  SegmentReader reader(*segment.file, store_id_);
  ChunkWriter moved;
  std::uint64_t read = 0;
  // Small chunks together, so that one call writes them.
  while (moved.size() < 65536 && read < 4 * 65536 && rewriting_at_ < segment.length) {
    ChunkHeader header;
    std::string_view payload;
    if (reader.chunk(rewriting_at_, segment.length, header, payload) != Found::good ||
        !move_living(payload, rewriting_at_ + kChunkHeader, moved)) {
      // The end of one that is known from a checkpoint alone is where zeros begin.
      if (segment.items > 0 && reader.why() != "zeros where a chunk should begin") {
        listener_.log(Severity::error, folder_ + "/" + segment_name(rewriting_) + ": at offset " +
                                           std::to_string(rewriting_at_) + ": " + reader.why() +
                                           "; `trellis store verify " + folder_ + "` looks at everything");
      }
      rewriting_at_ = segment.length;
      break;
    }
    rewriting_at_ += aligned(kChunkHeader + header.length);
    read += header.length;
  }
  const std::uint64_t size = moved.size();
  rate_credit_ -= static_cast<double>(read);  // reading takes from the disk as writing does
  if (!moved.empty()) {
    if (!may_move(size) || !write_own(std::move(moved))) return false;
    counts_.rewritten_bytes += size;
    rate_credit_ -= static_cast<double>(size);
    share_credit_ -= static_cast<double>(size);
  }
  if (rewriting_at_ < segment.length) return true;
  if (ledger_.all().contains(rewriting_)) segment.unmovable = segment.items > 0;
  return false;
}

bool Journal::move_living(std::string_view payload, std::uint64_t at, ChunkWriter& out) {
  ChangeReader reader(payload);
  Change change;
  std::vector<Target> living;
  const auto place = [&](std::size_t in_payload) {
    return Place{rewriting_, static_cast<std::uint32_t>(at + in_payload)};
  };
  while (reader.next(change)) {
    if (change.kind == Kind::put || change.kind == Kind::moved_record) {
      if (index_.lives(change.key, place(change.place))) out.record(Kind::moved_record, change.key, change.body);
    }
    if (change.kind != Kind::append && change.kind != Kind::moved_entry) continue;
    living.clear();
    TargetReader targets(change);
    Target target;
    while (targets.next(target)) {
      if (index_.lives(target.queue, target.number, place(target.place))) living.push_back(target);
    }
    if (living.empty()) continue;
    out.begin_entry(Kind::moved_entry, change.body, living.size());
    for (const Target& one : living) out.target(one);
  }
  return reader.good();
}

}  // namespace journal
