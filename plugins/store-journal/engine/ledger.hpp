// How much of every segment lives.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "disk.hpp"

namespace journal {

/// Where something lies.
struct Place {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  bool operator==(const Place&) const = default;
};

struct Segment {
  std::shared_ptr<File> file;     // null: known only because something refers to it
  std::uint64_t length = 0;       // up to where it counts
  std::uint64_t items = 0;        // entries and records that live in it
  std::uint64_t live_bytes = 0;   // theirs, a body counted in every queue
  std::uint64_t all_bytes = 0;    // the same of all that ever came into it
  std::uint64_t empty_since = 0;  // sequence by which nothing lived in it
  bool unmovable = false;         // what lives in it cannot be read
};

/// The segments by their number. Belongs to the committer, like the index that reports to it.
class Ledger {
 public:
  /// What an item costs beside its bytes.
  static constexpr std::uint64_t kItem = 24;

  Segment& at(std::uint32_t number) {
    if (last_ == nullptr || last_number_ != number) {
      last_ = &segments_[number];
      last_number_ = number;
    }
    return *last_;
  }
  void add(std::uint32_t number, std::uint64_t bytes) {
    Segment& segment = at(number);
    ++segment.items;
    segment.live_bytes += bytes + kItem;
    segment.all_bytes += bytes + kItem;
    live_bytes_ += bytes + kItem;
  }
  void remove(std::uint32_t number, std::uint64_t bytes, std::uint64_t sequence) {
    Segment& segment = at(number);
    --segment.items;
    segment.live_bytes -= bytes + kItem;
    live_bytes_ -= bytes + kItem;
    if (segment.items == 0) segment.empty_since = sequence;
  }
  void forget(std::uint32_t number) {
    last_ = nullptr;
    segments_.erase(number);
  }
  std::uint64_t live_bytes() const noexcept { return live_bytes_; }
  const std::map<std::uint32_t, Segment>& all() const noexcept { return segments_; }
  std::map<std::uint32_t, Segment>& all() noexcept { return segments_; }

 private:
  std::map<std::uint32_t, Segment> segments_;
  Segment* last_ = nullptr;
  std::uint32_t last_number_ = 0;
  std::uint64_t live_bytes_ = 0;
};

}  // namespace journal
