// What is kept and where it lies: everything a start has to know.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "changes.hpp"
#include "entry_list.hpp"
#include "ledger.hpp"
#include "record_table.hpp"

namespace journal {

struct Queue {
  EntryList entries;
  std::uint64_t bytes = 0;
  std::vector<std::uint32_t> marks;  // in order
};

/// One entry as a reader has to look for it.
struct Wanted {
  std::uint64_t number = 0;
  Place place;
  std::uint32_t size = 0;
  Note note;
};

/// Applies chunks in their order, when they are written and again at a start, with the same code. Not locked: it
/// belongs to the committer.
class Index {
 public:
  explicit Index(Ledger& ledger) : ledger_(ledger) {}

  /// `at` is where the payload begins. False where it holds what is no change; then nothing of it was applied.
  bool apply(std::string_view payload, Place at, std::uint64_t sequence);

  /// Entries of a queue after a number: at most so many, and no more than fit the bytes, though at least one.
  std::vector<Wanted> select(std::uint64_t queue, std::uint64_t after, std::uint32_t entries, std::uint64_t bytes);
  /// Whether that place is where an entry, a record is now.
  bool lives(std::uint64_t queue, std::uint64_t number, Place place);
  bool lives(std::string_view key, Place place);
  /// Gives every place another where `move` says so.
  void relocate(const std::function<Place(Place)>& move);

  std::string encode() const;
  /// That has no more bytes than this, which is known without doing it.
  std::uint64_t most_encoded() const noexcept;
  /// Into an empty one. False where the bytes are not what encode() writes.
  bool decode(std::string_view bytes);

  const std::unordered_map<std::uint64_t, Queue>& queues() const noexcept { return queues_; }
  const RecordTable& records() const noexcept { return records_; }
  std::uint64_t entries() const noexcept { return entries_; }

 private:
  struct NoteKey {
    std::uint64_t queue;
    std::uint64_t number;
    bool operator==(const NoteKey&) const = default;
  };
  struct NoteHash {
    std::size_t operator()(const NoteKey& key) const noexcept {
      return static_cast<std::size_t>((key.queue * 0x9E3779B97F4A7C15ULL) ^ (key.number * 0xC2B2AE3D27D4EB4FULL));
    }
  };

  void apply(const Change& change, Place at, std::uint64_t sequence);
  void append(std::uint64_t queue, const Entry& entry, std::uint64_t sequence);
  void move(std::uint64_t queue, const Entry& entry, std::uint64_t sequence);
  void settle(std::uint64_t queue, std::uint64_t first, std::uint64_t last, std::uint64_t sequence);
  void note(std::uint64_t queue, std::uint64_t number, const Note& note);
  void mark(std::uint64_t queue, std::uint32_t mark);
  void unmark(std::uint64_t queue, std::uint32_t mark);
  void put(const Change& change, Place place, std::uint64_t sequence);
  void remove(std::string_view key, std::uint64_t sequence);
  void forget_if_empty(std::uint64_t queue);
  bool decode_queue(Reader& in);
  bool decode_record(Reader& in);

  Ledger& ledger_;
  std::unordered_map<std::uint64_t, Queue> queues_;
  std::unordered_map<NoteKey, Note, NoteHash> notes_;
  RecordTable records_;
  std::uint64_t entries_ = 0;
  std::uint64_t marks_ = 0;
};

}  // namespace journal
