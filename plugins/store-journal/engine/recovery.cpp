#include "recovery.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "checkpoint.hpp"
#include "segment_reader.hpp"

namespace journal {
namespace {

struct Candidate {
  std::shared_ptr<File> file;
  std::uint64_t size = 0;
  SegmentHeader header;
  Found found = Found::zero;
};

/// One start. Errors name file, offset, what was found and the command that helps.
class Recovery {
 public:
  Recovery(Disk& disk, const std::string& folder, Ledger& ledger, Index& index, Recovered& out)
      : disk_(disk), folder_(folder), ledger_(ledger), index_(index), out_(out) {}

  std::string run() {
    std::vector<std::string> names;
    if (const Errno code = disk_.list(names); code != 0) return folder_ + " cannot be listed: " + errno_text(code);
    std::sort(names.begin(), names.end());
    if (std::string why = pick_checkpoint(names); !why.empty() || out_.fresh) return why;
    if (std::string why = open_segments(names); !why.empty()) return why;
    if (std::string why = chain(); !why.empty()) return why;
    if (std::string why = replay(); !why.empty()) return why;
    note_unproven();
    return check_places();
  }

 private:
  std::string helped(const std::string& sentence) const {
    return sentence + "; `trellis store verify " + folder_ + "` looks at everything, `trellis store repair " + folder_ +
           "` keeps what can be kept";
  }
  std::string in_file(const std::string& name) const { return folder_ + "/" + name; }

  std::string pick_checkpoint(const std::vector<std::string>& names) {
    bool segments = false;
    std::string last_fault;
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      segments = segments || segment_number(*name) != 0;
      const std::uint64_t sequence = checkpoint_sequence(*name);
      if (sequence == 0) continue;
      claimed_ = std::max(claimed_, sequence);
      Checkpoint read;
      bool foreign = false;
      std::string why = read_checkpoint(disk_, *name, read, foreign);
      if (foreign) return in_file(*name) + " " + why;
      if (why.empty() && read.sequence != sequence) why = "holds another sequence than its name says";
      if (!why.empty()) {
        last_fault = in_file(*name) + " " + why;
        out_.reports.push_back("checkpoint left out: " + last_fault);
        out_.leftovers.push_back(*name);
        continue;
      }
      out_.checkpoints.push_back(sequence);
      out_.tails.push_back(read.tail);
      if (out_.checkpoints.size() == 1) start_ = std::move(read);
    }
    if (!out_.checkpoints.empty()) return take_checkpoint();
    if (!last_fault.empty()) return helped("no checkpoint can be read: " + last_fault);
    if (segments) return helped(folder_ + " has segments but no checkpoint");
    out_.fresh = true;
    return {};
  }

  std::string take_checkpoint() {
    out_.store_id = start_.store_id;
    out_.next_sequence = start_.sequence;
    out_.oldest_version = std::min(out_.oldest_version, start_.version);
    proven_ = start_.sequence - 1;
    if (index_.decode(start_.index)) return {};
    return helped(in_file(checkpoint_name(start_.sequence)) + " has a right checksum and a malformed index");
  }

  std::string open_segments(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const std::uint32_t number = segment_number(name);
      if (number == 0) {
        if (name == "checkpoint.new") out_.leftovers.push_back(name);
        continue;
      }
      out_.highest_number = std::max(out_.highest_number, number);
      Candidate& candidate = candidates_[number];
      Errno code = disk_.open(name, Disk::Mode::existing, candidate.file);
      if (code == 0) code = candidate.file->size(candidate.size);
      std::string head(kSegmentHeader, '\0');
      std::size_t got = 0;
      if (code == 0) code = candidate.file->read(0, head, got);
      if (code != 0) return in_file(name) + " cannot be read: " + errno_text(code);
      candidate.found = decode(std::string_view(head).substr(0, got), out_.store_id, candidate.header);
      if (candidate.found == Found::foreign) return in_file(name) + " " + version_fault(candidate.header.version);
      if (candidate.found == Found::good && candidate.header.number != number) candidate.found = Found::damaged;
    }
    return {};
  }

  /// The segments that count, from the last one back to that of the checkpoint; each with its end. Where one in
  /// between never reached the medium, those behind it cannot count either.
  std::string chain() {
    const std::uint32_t wanted = start_.tail.segment;
    bool whole = false;
    for (auto last = candidates_.rbegin(); last != candidates_.rend() && last->first >= wanted && !whole; ++last) {
      whole = last->second.found == Found::good && walk_back(last->first, wanted);
    }
    if (!whole) chain_.clear();
    if (!whole && start_.tail.offset > 0) return missing(wanted);
    std::reverse(chain_.begin(), chain_.end());
    // Older ones hold what the checkpoint refers to; how long they are is only known by what refers to them.
    for (const auto& [at, candidate] : candidates_) {
      if (at >= wanted && !in_chain(at)) continue;
      Segment& segment = ledger_.at(at);
      segment.file = candidate.file;
      segment.length = candidate.size;
    }
    for (const auto& [at, candidate] : candidates_) {
      if (candidate.found == Found::good) out_.oldest_version = std::min(out_.oldest_version, candidate.header.version);
    }
    for (const auto& [at, length] : chain_) ledger_.at(at).length = std::min(length, ledger_.at(at).length);
    return {};
  }

  bool walk_back(std::uint32_t number, std::uint32_t wanted) {
    chain_.clear();
    std::uint64_t end = candidates_[number].size;
    while (true) {
      chain_.emplace_back(number, end);
      if (number == wanted) return true;
      const SegmentHeader& header = candidates_[number].header;
      if (header.previous == 0) return start_.tail.offset == 0;  // the first one there ever was
      const auto found = candidates_.find(header.previous);
      if (header.previous < wanted || found == candidates_.end() || found->second.found != Found::good) return false;
      end = header.previous_end;
      number = header.previous;
    }
  }

  std::string missing(std::uint32_t number) const {
    return helped(in_file(segment_name(number)) +
                  (candidates_.contains(number) ? " has a damaged header at offset 0" : " is missing") +
                  ", and the journal from sequence " + std::to_string(out_.next_sequence) + " on needs it");
  }
  bool in_chain(std::uint32_t number) const {
    return std::any_of(chain_.begin(), chain_.end(), [&](const auto& one) { return one.first == number; });
  }

  std::string replay() {
    out_.last_segment = 0;
    for (std::size_t i = 0; i < chain_.size() && !out_.cut; ++i) {
      const auto [number, end] = chain_[i];
      const Candidate& candidate = candidates_[number];
      const bool first = number == start_.tail.segment && start_.tail.offset > 0;
      if (!first && candidate.header.first_sequence != out_.next_sequence) {
        // Those before it ended early without a damaged chunk: that is a tail as well.
        if (std::string why = end_at(i, kSegmentHeader,
                                     "begins with sequence " + std::to_string(candidate.header.first_sequence) +
                                         ", expected " + std::to_string(out_.next_sequence));
            !why.empty())
          return why;
        break;
      }
      if (std::string why = replay_segment(i, first ? start_.tail.offset : kSegmentHeader, end); !why.empty())
        return why;
    }
    return drop_others();
  }

  std::string replay_segment(std::size_t i, std::uint64_t at, std::uint64_t end) {
    const std::uint32_t number = chain_[i].first;
    const bool last = i + 1 == chain_.size();
    SegmentReader reader(*candidates_[number].file, out_.store_id);
    prove(candidates_[number].header.synced);
    out_.last_segment = number;
    out_.last_end = at;
    while (at < end) {
      ChunkHeader header;
      std::string_view payload;
      const Found found = reader.chunk(at, end, header, payload);
      if (reader.code() != 0) return in_file(segment_name(number)) + " cannot be read: " + errno_text(reader.code());
      if (found != Found::good) return end_at(i, at, reader.why(), last && found == Found::zero);
      if (header.sequence != out_.next_sequence) {
        return end_at(i, at,
                      "a chunk of sequence " + std::to_string(header.sequence) + ", expected " +
                          std::to_string(out_.next_sequence));
      }
      if (!index_.apply(payload, {number, static_cast<std::uint32_t>(at + kChunkHeader)}, header.sequence)) {
        return helped(in_file(segment_name(number)) + ": at offset " + std::to_string(at) +
                      ": a chunk with a right checksum holds what is no change");
      }
      prove(header.synced);
      if (header.sequence > proven_) unproven_.emplace_back(header.sequence, Unproven{number, at, end});
      ++out_.next_sequence;
      at += aligned(kChunkHeader + header.length);
      out_.replayed_bytes += kChunkHeader + header.length;
      out_.last_end = std::min(at, end);
    }
    return {};
  }

  /// Everything up to that sequence was on the medium.
  void prove(std::uint64_t sequence) {
    proven_ = std::max(proven_, sequence);
    while (!unproven_.empty() && unproven_.front().first <= proven_) unproven_.pop_front();
  }

  /// What the process before read back from memory may be there and nowhere else: after a sync that failed the system
  /// calls it clean. A checkpoint and what names a sequence as synced were written only after a sync that did not.
  void note_unproven() {
    const Place begin = unproven_.empty() ? Place{UINT32_MAX, 0}
                                          : Place{unproven_.front().second.segment,
                                                  static_cast<std::uint32_t>(unproven_.front().second.begin)};
    for (const auto& [number, length] : chain_) {
      if (number > out_.last_segment) break;
      const bool headed = number > start_.tail.segment || start_.tail.offset == 0;
      if (headed) out_.unproven.push_back({number, 0, kSegmentHeader});
      const std::uint64_t from = number == begin.segment ? begin.offset : kSegmentHeader;
      const std::uint64_t end = ledger_.at(number).length;
      if (number >= begin.segment && from < end) out_.unproven.push_back({number, from, end});
    }
  }

  /// The journal ends there: cut where it can be a tail that never reached the medium, refused where something says
  /// that it did.
  std::string end_at(std::size_t i, std::uint64_t at, const std::string& why, bool quiet = false) {
    const std::string where = in_file(segment_name(chain_[i].first)) + ": at offset " + std::to_string(at) + ": " + why;
    if (claimed_ > out_.next_sequence) {
      return helped(where + "; this was on the medium before checkpoint " + std::to_string(claimed_));
    }
    for (const auto& [number, candidate] : candidates_) {
      if (number < chain_[i].first) continue;
      SegmentReader reader(*candidate.file, out_.store_id);
      std::uint64_t place = number == chain_[i].first ? at : kSegmentHeader;
      const bool header_claims =
          number > chain_[i].first && candidate.found == Found::good && candidate.header.synced >= out_.next_sequence;
      if (!header_claims && !reader.claims(place, candidate.size, out_.next_sequence, place)) continue;
      return helped(where + "; this was on the medium, as " + in_file(segment_name(number)) + " says at offset " +
                    std::to_string(header_claims ? 0 : place));
    }
    out_.cut = true;
    if (!quiet || SegmentReader(*candidates_[chain_[i].first].file, out_.store_id)
                      .written(at, candidates_[chain_[i].first].size)) {
      out_.reports.push_back("damaged tail cut: " + where);
    }
    return {};
  }

  /// Segments that were begun and do not count: prepared ones, and those behind a cut.
  std::string drop_others() {
    for (const auto& [number, candidate] : candidates_) {
      if (number < start_.tail.segment || (number <= out_.last_segment && in_chain(number))) continue;
      SegmentReader reader(*candidate.file, out_.store_id);
      std::uint64_t place = 0;
      const bool header_claims = candidate.found == Found::good && candidate.header.synced >= out_.next_sequence;
      if (header_claims || reader.claims(kSegmentHeader, candidate.size, out_.next_sequence, place)) {
        return helped(in_file(segment_name(number)) + " does not go on from sequence " +
                      std::to_string(out_.next_sequence - 1) + ", and at offset " + std::to_string(place) +
                      " it says that more was on the medium");
      }
      if (candidate.found == Found::damaged) {
        out_.reports.push_back("damaged tail cut: " + in_file(segment_name(number)) + ": at offset 0: damaged header");
      }
      out_.leftovers.push_back(segment_name(number));
      ledger_.forget(number);
    }
    if (out_.last_segment != 0) ledger_.at(out_.last_segment).length = out_.last_end;
    return claimed_ > out_.next_sequence
               ? helped("the journal ends with sequence " + std::to_string(out_.next_sequence - 1) +
                        ", but there is a checkpoint of " + std::to_string(claimed_))
               : std::string();
  }

  std::string check_places() {
    for (const auto& [number, segment] : ledger_.all()) {
      if (segment.items == 0 || segment.file != nullptr) continue;
      return helped(in_file(segment_name(number)) + " is missing, and " + std::to_string(segment.items) +
                    " entries or records lie in it");
    }
    // Ghosts: everything that was in them is over.
    auto& all = ledger_.all();
    for (auto at = all.begin(); at != all.end();) {
      const std::uint32_t number = at->first;
      const bool ghost = at->second.file == nullptr;
      ++at;
      if (ghost) ledger_.forget(number);
    }
    return {};
  }

  Disk& disk_;
  const std::string& folder_;
  Ledger& ledger_;
  Index& index_;
  Recovered& out_;
  Checkpoint start_;
  std::uint64_t claimed_ = 0;
  std::uint64_t proven_ = 0;
  std::deque<std::pair<std::uint64_t, Unproven>> unproven_;  // chunks replayed behind that, by sequence
  std::map<std::uint32_t, Candidate> candidates_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> chain_;
};

}  // namespace

std::string recover(Disk& disk, const std::string& folder, Ledger& ledger, Index& index, Recovered& found) {
  return Recovery(disk, folder, ledger, index, found).run();
}

}  // namespace journal
