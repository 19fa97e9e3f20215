// What a start reads behind the checkpoint, and where that ends.
#include <algorithm>

#include "recovery_steps.hpp"
#include "segment_reader.hpp"

namespace journal {

std::string Recovery::replay() {
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
    if (std::string why = replay_segment(i, first ? start_.tail.offset : kSegmentHeader, end); !why.empty()) return why;
  }
  return drop_others();
}

std::string Recovery::replay_segment(std::size_t i, std::uint64_t at, std::uint64_t end) {
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

void Recovery::prove(std::uint64_t sequence) {
  proven_ = std::max(proven_, sequence);
  while (!unproven_.empty() && unproven_.front().first <= proven_) unproven_.pop_front();
}

void Recovery::note_unproven() {
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

std::string Recovery::end_at(std::size_t i, std::uint64_t at, const std::string& why, bool quiet) {
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
  if (!quiet ||
      SegmentReader(*candidates_[chain_[i].first].file, out_.store_id).written(at, candidates_[chain_[i].first].size)) {
    out_.reports.push_back("damaged tail cut: " + where);
  }
  return {};
}

std::string Recovery::drop_others() {
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

}  // namespace journal
