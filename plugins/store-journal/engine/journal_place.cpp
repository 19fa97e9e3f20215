// What is not known to be on the medium, written again where it lies: the same bytes over themselves, which needs no
// room. They are dirty then, so that the next sync says something of them.
#include <algorithm>

#include "journal.hpp"

namespace journal {

Errno Journal::write_in_place() {
  if (!lies_in_a_row()) return ENOTSUP;
  Errno code = remove_begun();
  for (const auto& [number, segment] : ledger_.all()) {
    if (number < synced_place_.segment || code != 0) continue;
    // A failed sync may have let go of what was prepared as well.
    const std::uint64_t wanted = number == current_ ? capacity_ : segment.length;
    std::uint64_t size = 0;
    code = segment.file->size(size);
    if (code == 0 && size < wanted) code = segment.file->allocate(wanted);
    if (code == 0 && number > synced_place_.segment) code = write_header_again(number, *segment.file);
  }
  std::vector<std::string_view> pieces;
  for (auto one = unsynced_.begin(); code == 0 && one != unsynced_.end();) {
    const Place begin = one->place;
    pieces.clear();
    for (; one != unsynced_.end() && one->place.segment == begin.segment; ++one) pieces.emplace_back(one->chunk);
    code = ledger_.at(begin.segment).file->write(begin.offset, pieces);
  }
  if (code == 0) code = clear_torn();
  for (const auto& [number, segment] : ledger_.all()) {
    if (number >= synced_place_.segment && code == 0) code = segment.file->sync();
  }
  return code;
}

/// Whether each chunk lies where a start looks for it. A call that was left out has a shorter one in its place.
bool Journal::lies_in_a_row() const {
  Place at = synced_place_;
  const auto ends = [&] { return at.offset == ledger_.all().at(at.segment).length; };
  for (const Unsynced& one : unsynced_) {
    if (one.place.segment > at.segment && ends()) at = {one.place.segment, kSegmentHeader};
    if (!(one.place == at)) return false;
    at.offset += static_cast<std::uint32_t>(one.chunk.size());
  }
  return ends() && (at.segment == current_ || end_ == kSegmentHeader);
}

/// As it is, where it can be read: a process that ends in the middle leaves what was there.
Errno Journal::write_header_again(std::uint32_t number, File& file) {
  std::string head(kSegmentHeader, '\0');
  std::size_t got = 0;
  SegmentHeader header;
  const bool there = file.read(0, head, got) == 0 && got == head.size() &&
                     decode(head, store_id_, header) == Found::good && header.number == number;
  if (!there) {
    const auto first = std::find_if(unsynced_.begin(), unsynced_.end(),
                                    [&](const Unsynced& one) { return one.place.segment >= number; });
    const auto before = std::prev(ledger_.all().find(number));
    head = encode(SegmentHeader{number, first == unsynced_.end() ? next_sequence_ : first->sequence, before->first,
                                before->second.length, synced_},
                  store_id_);
  }
  return file.write(0, head);
}

/// Of what a failed write left behind the end nothing may count beside what is written there next.
Errno Journal::clear_torn() {
  const std::string zeros(static_cast<std::size_t>(std::min(torn_, capacity_ - end_)), '\0');
  return zeros.empty() ? 0 : file_->write(end_, zeros);
}

/// A start follows the segment of the highest number that it finds a header in, so none is left above the current one.
Errno Journal::remove_begun() {
  for (const std::uint32_t number : begun_) {
    if (const Errno code = disk_.remove(segment_name(number)); code != 0 && code != ENOENT) return code;
  }
  return disk_.sync_names();
}

}  // namespace journal
