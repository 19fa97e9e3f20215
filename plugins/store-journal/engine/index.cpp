#include "index.hpp"

#include <algorithm>

namespace journal {
namespace {

std::uint64_t record_bytes(std::string_view key, std::uint32_t size) { return key.size() + size; }

Place behind(Place at, std::size_t distance) { return {at.segment, at.offset + static_cast<std::uint32_t>(distance)}; }

}  // namespace

bool Index::apply(std::string_view payload, Place at, std::uint64_t sequence) {
  if (!well_formed(payload)) return false;
  ChangeReader reader(payload);
  Change change;
  while (reader.next(change)) apply(change, at, sequence);
  return true;
}

void Index::apply(const Change& change, Place at, std::uint64_t sequence) {
  switch (change.kind) {
    case Kind::append:
    case Kind::moved_entry: {
      TargetReader targets(change);
      Target target;
      while (targets.next(target)) {
        const Entry entry{target.number, behind(at, target.place), static_cast<std::uint32_t>(change.body.size())};
        if (change.kind == Kind::append) {
          append(target.queue, entry, sequence);
        } else {
          move(target.queue, entry, sequence);
        }
      }
      return;
    }
    case Kind::settle:
      return settle(change.queue, change.first, change.last, sequence);
    case Kind::note:
      return note(change.queue, change.first, change.note);
    case Kind::mark:
      return mark(change.queue, change.mark);
    case Kind::unmark:
      return unmark(change.queue, change.mark);
    case Kind::drop:
      settle(change.queue, 0, UINT64_MAX, sequence);
      if (const auto found = queues_.find(change.queue); found != queues_.end()) {
        marks_ -= found->second.marks.size();
        queues_.erase(found);
      }
      return;
    case Kind::put:
      return put(change, behind(at, change.place), sequence);
    case Kind::moved_record:
      if (records_.find(change.key) != nullptr) put(change, behind(at, change.place), sequence);
      return;
    case Kind::remove:
      return remove(change.key, sequence);
  }
}

void Index::append(std::uint64_t queue, const Entry& entry, std::uint64_t sequence) {
  Queue& into = queues_[queue];
  if (into.entries.last() >= entry.number && into.entries.find(entry.number) != nullptr) {
    settle(queue, entry.number, entry.number, sequence);
    return append(queue, entry, sequence);
  }
  into.entries.insert(entry);
  into.bytes += entry.size();
  ++entries_;
  ledger_.add(entry.place.segment, entry.size());
}

void Index::move(std::uint64_t queue, const Entry& entry, std::uint64_t sequence) {
  const auto found = queues_.find(queue);
  Entry* was = found == queues_.end() ? nullptr : found->second.entries.find(entry.number);
  if (was == nullptr) return;
  ledger_.remove(was->place.segment, was->size(), sequence);
  was->place = entry.place;
  ledger_.add(entry.place.segment, was->size());
}

void Index::settle(std::uint64_t queue, std::uint64_t first, std::uint64_t last, std::uint64_t sequence) {
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return;
  Queue& from = found->second;
  for (Entry* at = from.entries.lower_bound(first); at != from.entries.end() && at->number <= last; ++at) {
    if (at->dead()) continue;
    from.bytes -= at->size();
    --entries_;
    ledger_.remove(at->place.segment, at->size(), sequence);
    if (at->noted()) notes_.erase({queue, at->number});
    from.entries.kill(at);
  }
  from.entries.tidy();
  forget_if_empty(queue);
}

void Index::note(std::uint64_t queue, std::uint64_t number, const Note& note) {
  const auto found = queues_.find(queue);
  Entry* entry = found == queues_.end() ? nullptr : found->second.entries.find(number);
  if (entry == nullptr) return;
  entry->size_and_flags |= Entry::kNoted;
  notes_[{queue, number}] = note;
}

void Index::mark(std::uint64_t queue, std::uint32_t mark) {
  auto& marks = queues_[queue].marks;
  const auto at = std::lower_bound(marks.begin(), marks.end(), mark);
  if (at != marks.end() && *at == mark) return;
  marks.insert(at, mark);
  ++marks_;
}

void Index::unmark(std::uint64_t queue, std::uint32_t mark) {
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return;
  auto& marks = found->second.marks;
  const auto at = std::lower_bound(marks.begin(), marks.end(), mark);
  if (at != marks.end() && *at == mark) {
    marks.erase(at);
    --marks_;
  }
  forget_if_empty(queue);
}

void Index::put(const Change& change, Place place, std::uint64_t sequence) {
  RecordTable::Record* record = records_.find(change.key);
  if (record != nullptr) {
    ledger_.remove(record->place.segment, record_bytes(change.key, record->size), sequence);
  } else {
    record = &records_.insert(change.key);
  }
  record->place = place;
  record->size = static_cast<std::uint32_t>(change.body.size());
  ledger_.add(place.segment, record_bytes(change.key, record->size));
}

void Index::remove(std::string_view key, std::uint64_t sequence) {
  RecordTable::Record* record = records_.find(key);
  if (record == nullptr) return;
  ledger_.remove(record->place.segment, record_bytes(key, record->size), sequence);
  records_.erase(record);
}

void Index::forget_if_empty(std::uint64_t queue) {
  const auto found = queues_.find(queue);
  if (found != queues_.end() && found->second.entries.empty() && found->second.marks.empty()) queues_.erase(found);
}

std::vector<Wanted> Index::select(std::uint64_t queue, std::uint64_t after, std::uint32_t entries,
                                  std::uint64_t bytes) {
  std::vector<Wanted> out;
  const auto found = queues_.find(queue);
  if (found == queues_.end() || after == UINT64_MAX) return out;
  EntryList& from = found->second.entries;
  std::uint64_t sum = 0;
  for (const Entry* at = from.lower_bound(after + 1); at != from.end() && out.size() < entries; ++at) {
    if (at->dead()) continue;
    sum += at->size();
    if (!out.empty() && sum > bytes) break;
    out.push_back({at->number, at->place, at->size(), at->noted() ? notes_.at({queue, at->number}) : Note{}});
  }
  return out;
}

bool Index::lives(std::uint64_t queue, std::uint64_t number, Place place) {
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return false;
  const Entry* entry = found->second.entries.find(number);
  return entry != nullptr && entry->place == place;
}

bool Index::lives(std::string_view key, Place place) {
  const RecordTable::Record* record = records_.find(key);
  return record != nullptr && record->place == place;
}

void Index::relocate(const std::function<Place(Place)>& move) {
  const auto relocate_one = [&](Place& place, std::uint64_t bytes) {
    const Place to = move(place);
    if (to == place) return;
    ledger_.remove(place.segment, bytes, 0);
    ledger_.add(to.segment, bytes);
    place = to;
  };
  for (auto& [number, queue] : queues_) {
    for (Entry& entry : queue.entries) {
      if (entry.dead()) continue;
      Place place = entry.place;  // the entry's own is packed
      relocate_one(place, entry.size());
      entry.place = place;
    }
  }
  records_.each(
      [&](RecordTable::Record& record) { relocate_one(record.place, record_bytes(record.key(), record.size)); });
}

}  // namespace journal
