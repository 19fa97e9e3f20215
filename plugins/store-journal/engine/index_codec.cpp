// The index as a checkpoint keeps it: counts, queues, records; numbers as distances from the one before.
#include <algorithm>

#include "index.hpp"

namespace journal {
namespace {

std::uint64_t zigzag(std::int64_t number) {
  return (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
}
std::int64_t unzigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

/// Places mostly go up in small steps.
struct PlaceCoder {
  Place last;
  void put(std::string& out, Place place) {
    put_number(out, zigzag(std::int64_t{place.segment} - std::int64_t{last.segment}));
    put_number(out, zigzag(std::int64_t{place.offset} - std::int64_t{last.offset}));
    last = place;
  }
  bool get(Reader& in, Place& place) {
    const std::int64_t segment = std::int64_t{last.segment} + unzigzag(in.number() & 0x3FFFFFFFF);
    const std::int64_t offset = std::int64_t{last.offset} + unzigzag(in.number() & 0x3FFFFFFFF);
    if (segment <= 0 || segment > UINT32_MAX || offset < 0 || offset > UINT32_MAX) return false;
    place = last = {static_cast<std::uint32_t>(segment), static_cast<std::uint32_t>(offset)};
    return in.good();
  }
};

}  // namespace

std::string Index::encode() const {
  std::string out;
  out.reserve(entries_ * 10 + queues_.size() * 16 + records_.size() * 48);
  put_number(out, queues_.size());
  for (const auto& [number, queue] : queues_) {
    put_number(out, number);
    put_number(out, queue.marks.size());
    for (const std::uint32_t mark : queue.marks) put_number(out, mark);
    put_number(out, queue.entries.live());
    std::uint64_t before = 0;
    PlaceCoder places;
    for (const Entry& entry : queue.entries) {
      if (entry.dead()) continue;
      put_number(out, entry.number - before);
      before = entry.number;
      places.put(out, entry.place);
      put_number(out, std::uint64_t{entry.size()} << 1 | (entry.noted() ? 1U : 0U));
      if (!entry.noted()) continue;
      const Note& note = notes_.at({number, before});
      put_number(out, note.words[0]);
      put_number(out, note.words[1]);
    }
  }
  put_number(out, ledger_.all().size());
  for (const auto& [number, segment] : ledger_.all()) {
    put_number(out, number);
    put_number(out, segment.all_bytes);
  }
  put_number(out, records_.size());
  records_.each([&](const RecordTable::Record& record) {
    put_number(out, record.key_size);
    out.append(record.key());
    put_number(out, record.size);
    PlaceCoder().put(out, record.place);
  });
  return out;
}

std::uint64_t Index::most_encoded() const noexcept {
  constexpr std::uint64_t kLong = 10;  // of 64 bits
  constexpr std::uint64_t kShort = 5;  // of 32 and 33 bits
  return 3 * kLong + queues_.size() * (2 * kLong + kShort) + marks_ * kShort + entries_ * (kLong + 3 * kShort) +
         notes_.size() * 2 * kLong + ledger_.all().size() * (kLong + kShort) + records_.size() * 4 * kShort +
         records_.key_bytes();
}

bool Index::decode(std::string_view bytes) {
  Reader in(bytes);
  const std::uint64_t queues = in.number();
  // A count is believed as far as there are bytes for it.
  queues_.reserve(std::min<std::uint64_t>(queues, bytes.size() / 4));
  for (std::uint64_t i = 0; i < queues; ++i) {
    if (!decode_queue(in)) return false;
  }
  std::vector<std::pair<std::uint32_t, std::uint64_t>> all_bytes;
  for (std::uint64_t left = in.number(); left > 0 && in.good(); --left) {
    const std::uint32_t number = in.small();
    all_bytes.emplace_back(number, in.number());
  }
  const std::uint64_t records = in.number();
  for (std::uint64_t i = 0; i < records; ++i) {
    if (!decode_record(in)) return false;
  }
  for (const auto& [number, all] : all_bytes) {
    if (number != 0) ledger_.at(number).all_bytes = std::max(all, ledger_.at(number).live_bytes);
  }
  return in.good() && in.done();
}

bool Index::decode_queue(Reader& in) {
  const std::uint64_t number = in.number();
  if (number == 0 || queues_.contains(number)) return false;
  const std::uint64_t marks = in.number();
  for (std::uint64_t i = 0; i < marks && in.good(); ++i) mark(number, in.small());
  const std::uint64_t entries = in.number();
  std::uint64_t entry = 0;
  PlaceCoder places;
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t step = in.number();
    Place place;
    if (!places.get(in, place) || step == 0 || step > UINT64_MAX - entry) return false;
    entry += step;
    const std::uint64_t size = in.number();
    if (size >> 1 > Entry::kSize) return false;
    append(number, {entry, place, static_cast<std::uint32_t>(size >> 1)}, 0);
    if ((size & 1) == 0) continue;
    const std::uint64_t first = in.number();
    note(number, entry, {{first, in.number()}});
  }
  return in.good();
}

bool Index::decode_record(Reader& in) {
  Change change;
  change.key = in.bytes(in.number());
  const std::uint32_t size = in.small();
  Place place;
  if (!PlaceCoder().get(in, place) || change.key.empty() || change.key.size() > UINT16_MAX) return false;
  if (records_.find(change.key) != nullptr) return false;
  RecordTable::Record& record = records_.insert(change.key);
  record.place = place;
  record.size = size;
  ledger_.add(place.segment, change.key.size() + size);
  return true;
}

}  // namespace journal
