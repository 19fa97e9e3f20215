// Saving what can be saved of a damaged store.
#include <algorithm>

#include "checkpoint.hpp"
#include "segment_reader.hpp"
#include "tools.hpp"

namespace journal {
namespace {

/// The store's number as a header has it that proves it: its checksum begins with that number. 0: it does not.
std::uint64_t proven_store_id(File& file) {
  std::string head(kSegmentHeader, '\0');
  std::size_t got = 0;
  if (file.read(0, head, got) != 0 || got < head.size()) return 0;
  const auto id = load<std::uint64_t>(head.data() + 16);
  SegmentHeader header;
  return decode(head, id, header) == Found::good ? id : 0;
}

/// What each segment holds that counts, as its successor says: what lies behind that a failed write left. Those between
/// a segment and its successor were given up.
void bound_by_successors(std::uint64_t store_id, Ledger& ledger) {
  std::uint32_t given_up = UINT32_MAX;
  for (auto at = ledger.all().rbegin(); at != ledger.all().rend(); ++at) {
    if (at->first > given_up) at->second.length = 0;
    std::string head(kSegmentHeader, '\0');
    std::size_t got = 0;
    SegmentHeader header;
    if (at->second.length == 0 || at->second.file == nullptr || at->second.file->read(0, head, got) != 0) continue;
    if (decode(std::string_view(head).substr(0, got), store_id, header) != Found::good) continue;
    given_up = header.previous;
    const auto previous = ledger.all().find(header.previous);
    if (previous == ledger.all().end()) continue;
    previous->second.length = std::min(previous->second.length, header.previous_end);
  }
}

/// Applies every good chunk of a segment that is foreign than what is there.
void salvage_segment(const Segment& segment, std::uint64_t store_id, const std::string& name, std::uint32_t number,
                     std::uint64_t from, std::uint64_t& next, Index& index, std::vector<std::string>& faults) {
  File& file = *segment.file;
  const std::uint64_t size = segment.length;
  SegmentReader reader(file, store_id);
  std::uint64_t at = from;
  while (at + kChunkHeader <= size) {
    ChunkHeader header;
    std::string_view payload;
    const Found found = reader.chunk(at, size, header, payload);
    if (found != Found::good) {
      std::uint64_t further = 0;
      if (!reader.claims(at + 8, size, 0, further)) {
        if (found == Found::damaged) faults.push_back(name + ": at offset " + std::to_string(at) + ": " + reader.why());
        return;
      }
      faults.push_back(name + ": at offset " + std::to_string(at) + ": passed over " + std::to_string(further - at) +
                       " bytes");
      at = further;
      continue;
    }
    if (header.sequence >= next) {
      if (well_formed(payload)) {  // all of a call or nothing
        index.apply(payload, {number, static_cast<std::uint32_t>(at + kChunkHeader)}, header.sequence);
      } else {
        faults.push_back(name + ": at offset " + std::to_string(at) + ": a chunk that holds what is no change");
      }
      next = header.sequence + 1;
    }
    at += aligned(kChunkHeader + header.length);
  }
}

}  // namespace

std::string foreign_store(Disk& disk, const std::string& folder) {
  std::vector<std::string> names;
  std::string out;
  if (disk.list(names) != 0) return {};
  for (const std::string& name : names) {
    if (checkpoint_sequence(name) == 0) continue;
    Checkpoint read;
    bool foreign = false;
    const std::string why = read_checkpoint(disk, name, read, foreign);
    if (why.empty()) return {};  // another one's version may be damaged
    if (foreign) out = folder + "/" + name + " " + why;
  }
  return out;
}

std::vector<std::string> salvage(Disk& disk, const std::string& folder, Ledger& ledger, Index& index) {
  std::vector<std::string> faults;
  std::vector<std::string> names;
  if (const Errno code = disk.list(names); code != 0) return {folder + " cannot be listed: " + errno_text(code)};
  std::sort(names.begin(), names.end());
  Checkpoint start{0, 0, {0, 0}, {}};
  for (auto name = names.rbegin(); name != names.rend() && start.store_id == 0; ++name) {
    bool foreign = false;
    if (checkpoint_sequence(*name) == 0) continue;
    Checkpoint read;
    const std::string why = read_checkpoint(disk, *name, read, foreign);
    if (!why.empty()) {
      faults.push_back(*name + " " + why);
      continue;
    }
    Ledger other;  // a malformed index would be left half filled
    if (!Index(other).decode(read.index)) {
      faults.push_back(*name + " has a right checksum and a malformed index");
      continue;
    }
    index.decode(read.index);
    start = std::move(read);
  }
  std::uint64_t next = start.sequence;
  for (const std::string& name : names) {
    const std::uint32_t number = segment_number(name);
    std::shared_ptr<File> file;
    if (number == 0 || disk.open(name, Disk::Mode::existing, file) != 0) continue;
    ledger.at(number).file = file;
    if (const Errno code = file->size(ledger.at(number).length); code != 0) {
      faults.push_back(name + " cannot be read: " + errno_text(code));
    }
    if (start.store_id == 0) start.store_id = proven_store_id(*file);
  }
  bound_by_successors(start.store_id, ledger);
  for (const auto& [number, segment] : ledger.all()) {
    if (number < start.tail.segment || segment.file == nullptr) continue;
    const std::uint64_t from =
        number == start.tail.segment ? std::max<std::uint64_t>(start.tail.offset, kSegmentHeader) : kSegmentHeader;
    salvage_segment(segment, start.store_id, segment_name(number), number, from, next, index, faults);
  }
  return faults;
}

}  // namespace journal
