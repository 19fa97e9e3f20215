#include "tools.hpp"

#include <algorithm>
#include <map>

#include "checkpoint.hpp"
#include "entry_reader.hpp"
#include "segment_reader.hpp"

namespace journal {
namespace {

constexpr std::uint32_t kTogether = 256;  // entries of one chunk of a copy
constexpr std::uint64_t kTogetherBytes = std::uint64_t{4} << 20;

/// Calls function(queue, plan) with all entries of every queue, some at a time.
void each_plan(const Ledger& ledger, Index& index,
               const std::function<void(std::uint64_t, const ReadPlan&)>& function) {
  std::vector<std::uint64_t> queues;
  for (const auto& [number, queue] : index.queues()) queues.push_back(number);
  std::sort(queues.begin(), queues.end());
  for (const std::uint64_t queue : queues) {
    std::uint64_t after = 0;
    while (true) {
      ReadPlan plan{queue, UINT64_MAX, index.select(queue, after, kTogether, kTogetherBytes), {}};
      if (plan.wanted.empty()) break;
      after = plan.wanted.back().number;
      for (const Wanted& wanted : plan.wanted) {
        const auto segment = ledger.all().find(wanted.place.segment);
        if (segment != ledger.all().end() && segment->second.file != nullptr) {
          plan.files[wanted.place.segment] = segment->second.file;
        }
      }
      function(queue, plan);
    }
  }
}

/// The value of a record, or the sentence of why it cannot be read.
std::string read_record(const Ledger& ledger, const RecordTable::Record& record, std::string& bytes) {
  const auto where =
      segment_name(record.place.segment) + ": at offset " + std::to_string(record.place.offset) + ": a record ";
  const auto segment = ledger.all().find(record.place.segment);
  if (segment == ledger.all().end() || segment->second.file == nullptr) return where + "whose segment is gone";
  std::uint64_t size = 0;
  if (segment->second.file->size(size) != 0 ||
      record.place.offset + 4 + record.key_size + std::uint64_t{record.size} > size) {
    return where + "that ends behind its file";
  }
  bytes.resize(4 + record.key_size + std::size_t{record.size});
  std::size_t got = 0;
  const Errno code = segment->second.file->read(record.place.offset, bytes, got);
  if (code != 0) return where + "that cannot be read: " + errno_text(code);
  const std::string_view all(bytes);
  const bool whole = got == bytes.size() && all.substr(4, record.key_size) == record.key() &&
                     load<std::uint32_t>(all.data()) == crc32c(all.substr(4));
  return whole ? "" : where + "whose checksum is wrong";
}

void check_contents(const Ledger& ledger, Index& index, std::vector<std::string>& faults) {
  each_plan(ledger, index, [&](std::uint64_t, const ReadPlan& plan) {
    // One by one where something is wrong, so that each fault is told.
    if (ReadResult().read(plan)) return;
    for (const Wanted& wanted : plan.wanted) {
      ReadResult one;
      if (!one.read({plan.queue, plan.bytes, {wanted}, plan.files})) faults.push_back(one.why());
    }
  });
  std::string bytes;
  index.records().each([&](const RecordTable::Record& record) {
    if (std::string why = read_record(ledger, record, bytes); !why.empty()) faults.push_back(std::move(why));
  });
}

}  // namespace

std::vector<std::string> verify(Disk& disk, const std::string& folder) {
  Ledger ledger;
  Index index(ledger);
  Recovered found;
  if (std::string why = recover(disk, folder, ledger, index, found); !why.empty()) return {std::move(why)};
  std::vector<std::string> faults = found.reports;
  check_contents(ledger, index, faults);
  return faults;
}

// --- saving what can be saved

namespace {

bool well_formed(std::string_view payload) {
  ChangeReader reader(payload);
  for (Change change; reader.next(change);) {
  }
  return reader.good();
}

/// The store's number as a header has it that proves it: its checksum begins with that number. 0: it does not.
std::uint64_t proven_store_id(File& file) {
  std::string head(kSegmentHeader, '\0');
  std::size_t got = 0;
  if (file.read(0, head, got) != 0 || got < head.size()) return 0;
  const auto id = load<std::uint64_t>(head.data() + 16);
  SegmentHeader header;
  std::uint32_t version = 0;
  return decode(head, id, header, version) == Found::good ? id : 0;
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
    std::uint32_t version = 0;
    if (at->second.length == 0 || at->second.file == nullptr || at->second.file->read(0, head, got) != 0) continue;
    if (decode(std::string_view(head).substr(0, got), store_id, header, version) != Found::good) continue;
    given_up = header.previous;
    const auto previous = ledger.all().find(header.previous);
    if (previous == ledger.all().end()) continue;
    previous->second.length = std::min(previous->second.length, header.previous_end);
  }
}

/// Applies every good chunk of a segment that is newer than what is there.
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

std::vector<std::string> salvage(Disk& disk, const std::string& folder, Ledger& ledger, Index& index) {
  std::vector<std::string> faults;
  std::vector<std::string> names;
  if (const Errno code = disk.list(names); code != 0) return {folder + " cannot be listed: " + errno_text(code)};
  std::sort(names.begin(), names.end());
  Checkpoint start{0, 0, {0, 0}, {}};
  for (auto name = names.rbegin(); name != names.rend() && start.store_id == 0; ++name) {
    bool newer = false;
    if (checkpoint_sequence(*name) == 0) continue;
    Checkpoint read;
    const std::string why = read_checkpoint(disk, *name, read, newer);
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

std::vector<std::string> copy_out(const Ledger& ledger, Index& index, const std::function<bool(ChunkWriter&&)>& sink) {
  std::vector<std::string> faults;
  bool going = true;
  const auto add = [&](std::uint64_t queue, const ReadResult& result, ChunkWriter& out) {
    for (const ReadEntry& entry : result.entries()) {
      out.begin_entry(Kind::append, entry.body, 1);
      out.target({queue, entry.number, entry.extra});
      if (entry.note != Note{}) out.note(queue, entry.number, entry.note);
    }
  };
  each_plan(ledger, index, [&](std::uint64_t queue, const ReadPlan& plan) {
    if (!going) return;
    ChunkWriter out;
    ReadResult all;
    if (all.read(plan)) {
      add(queue, all, out);
    } else {
      for (const Wanted& wanted : plan.wanted) {
        ReadResult one;
        if (one.read({plan.queue, plan.bytes, {wanted}, plan.files})) {
          add(queue, one, out);
        } else {
          faults.push_back(one.why());
        }
      }
    }
    going = out.empty() || sink(std::move(out));
  });
  for (const auto& [number, queue] : index.queues()) {
    ChunkWriter out;
    for (const std::uint32_t mark : queue.marks) out.mark(Kind::mark, number, mark);
    if (going && !out.empty()) going = sink(std::move(out));
  }
  ChunkWriter records;
  std::string bytes;
  index.records().each([&](const RecordTable::Record& record) {
    if (std::string why = read_record(ledger, record, bytes); !why.empty()) return faults.push_back(std::move(why));
    records.record(Kind::put, record.key(), std::string_view(bytes).substr(4 + record.key_size));
    if (records.size() < kTogetherBytes) return;
    going = going && sink(std::move(records));
    records = ChunkWriter();
  });
  if (going && !records.empty()) going = sink(std::move(records));
  if (!going) faults.push_back("the copy could not be written");
  return faults;
}

// --- archives

Errno Archive::begin() {
  at_ = kSegmentHeader;
  return file_.write(0, encode(SegmentHeader{1, 1, 0, 0, 0}, 0));
}

Errno Archive::add(ChunkWriter&& chunk) {
  std::string bytes = std::move(chunk).seal();
  encode({load<std::uint32_t>(bytes.data() + 8), load<std::uint32_t>(bytes.data() + 12), ++sequence_, 0}, 0,
         bytes.data());
  const Errno code = file_.write(at_, bytes);
  at_ += bytes.size();
  return code;
}

std::string Archive::read(const std::function<bool(std::string_view)>& sink) {
  std::uint64_t size = 0;
  if (const Errno code = file_.size(size); code != 0) return "cannot be read: " + errno_text(code);
  std::string head(kSegmentHeader, '\0');
  std::size_t got = 0;
  if (const Errno code = file_.read(0, head, got); code != 0) return "cannot be read: " + errno_text(code);
  SegmentHeader header;
  std::uint32_t version = 0;
  const Found found = decode(std::string_view(head).substr(0, got), 0, header, version);
  if (found == Found::newer)
    return "has format version " + std::to_string(version) + ", expected " + std::to_string(kVersion);
  if (found != Found::good) return "is no export of a store";
  SegmentReader reader(file_, 0);
  for (std::uint64_t at = kSegmentHeader; at < size;) {
    ChunkHeader chunk;
    std::string_view payload;
    if (reader.chunk(at, size, chunk, payload) != Found::good)
      return "at offset " + std::to_string(at) + ": " + reader.why();
    if (chunk.sequence != ++sequence_) return "at offset " + std::to_string(at) + ": a chunk is missing";
    if (!sink(payload)) return "could not be taken over as a whole";
    at += aligned(kChunkHeader + chunk.length);
  }
  return {};
}

}  // namespace journal
