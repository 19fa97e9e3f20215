#include "tools.hpp"

#include <algorithm>

#include "entry_reader.hpp"

namespace journal {
namespace {

constexpr std::uint32_t kTogether = 256;  // entries of one chunk of a copy
constexpr std::uint64_t kTogetherBytes = std::uint64_t{4} << 20;

/// Calls function(queue, plan) with all entries of every queue, some at a time, until it answers false.
void each_plan(const Ledger& ledger, Index& index,
               const std::function<bool(std::uint64_t, const ReadPlan&)>& function) {
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
      if (!function(queue, plan)) return;
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

}  // namespace

std::vector<std::string> check_contents(const Ledger& ledger, Index& index, const std::function<bool()>& goes_on) {
  std::vector<std::string> faults;
  each_plan(ledger, index, [&](std::uint64_t, const ReadPlan& plan) {
    if (ReadResult().read(plan)) return goes_on();
    // One by one where something is wrong, so that each fault is told.
    for (const Wanted& wanted : plan.wanted) {
      ReadResult one;
      if (!one.read({plan.queue, plan.bytes, {wanted}, plan.files})) faults.push_back(one.why());
    }
    return goes_on();
  });
  std::string bytes;
  index.records().each([&](const RecordTable::Record& record) {
    if (!goes_on()) return;
    if (std::string why = read_record(ledger, record, bytes); !why.empty()) faults.push_back(std::move(why));
  });
  return faults;
}

std::vector<std::string> verify(Disk& disk, const std::string& folder) {
  Ledger ledger;
  Index index(ledger);
  Recovered found;
  if (std::string why = recover(disk, folder, ledger, index, found); !why.empty()) return {std::move(why)};
  std::vector<std::string> faults = found.reports;
  const auto more = check_contents(ledger, index, [] { return true; });
  faults.insert(faults.end(), more.begin(), more.end());
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
    return going;
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

}  // namespace journal
