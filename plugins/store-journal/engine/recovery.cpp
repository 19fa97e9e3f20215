#include "recovery.hpp"

#include <algorithm>

#include "recovery_steps.hpp"

namespace journal {

std::string Recovery::run() {
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

std::string Recovery::helped(const std::string& sentence) const {
  return sentence + "; `trellis store verify " + folder_ + "` looks at everything, `trellis store repair " + folder_ +
         "` keeps what can be kept";
}

std::string Recovery::in_file(const std::string& name) const { return folder_ + "/" + name; }

std::string Recovery::pick_checkpoint(const std::vector<std::string>& names) {
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

std::string Recovery::take_checkpoint() {
  out_.store_id = start_.store_id;
  out_.next_sequence = start_.sequence;
  out_.oldest_version = std::min(out_.oldest_version, start_.version);
  proven_ = start_.sequence - 1;
  if (index_.decode(start_.index)) {
    out_.checkpoint_bytes = start_.index.size();
    out_.checkpoint_most = index_.most_encoded();
    return {};
  }
  return helped(in_file(checkpoint_name(start_.sequence)) + " has a right checksum and a malformed index");
}

std::string Recovery::open_segments(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::uint32_t number = segment_number(name);
    if (number == 0) {
      if (name == "checkpoint.new" || name == "reserve") out_.leftovers.push_back(name);
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

std::string Recovery::chain() {
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

bool Recovery::walk_back(std::uint32_t number, std::uint32_t wanted) {
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

std::string Recovery::missing(std::uint32_t number) const {
  return helped(in_file(segment_name(number)) +
                (candidates_.contains(number) ? " has a damaged header at offset 0" : " is missing") +
                ", and the journal from sequence " + std::to_string(out_.next_sequence) + " on needs it");
}

bool Recovery::in_chain(std::uint32_t number) const {
  return std::any_of(chain_.begin(), chain_.end(), [&](const auto& one) { return one.first == number; });
}

std::string Recovery::check_places() {
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

std::string recover(Disk& disk, const std::string& folder, Ledger& ledger, Index& index, Recovered& found) {
  return Recovery(disk, folder, ledger, index, found).run();
}

}  // namespace journal
