// The changes inside a chunk: how a call's are written, and how they are read back.
//
//   append, moved entry  kind u8 · targets · size of the body · body · per target: bytes back to the body u32 · CRC-32C
//                        of body and extra u32 · queue · number · size of the extra · extra
//   put, moved record    kind u8 · size of the key · size of the value · CRC-32C of key and value u32 · key · value
//   others               kind u8 and what they name
//
// Numbers without a type are of variable length. An entry's place is where its target begins, a record's where its CRC
// is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "format.hpp"

namespace journal {

enum class Kind : std::uint8_t {
  append = 1,
  settle = 2,
  note = 3,
  mark = 4,
  unmark = 5,
  drop = 6,
  put = 7,
  remove = 8,
  // Written when a segment is emptied: the same entry or record in a new place, if it is still there.
  moved_entry = 9,
  moved_record = 10,
};

struct Note {
  std::uint64_t words[2] = {0, 0};
  bool operator==(const Note&) const = default;
};

/// A queue an entry is in.
struct Target {
  std::uint64_t queue = 0;
  std::uint64_t number = 0;
  std::string_view extra = {};
  std::size_t place = 0;  // in the payload, when read
};

/// One change that was read. Of its members those count that belong to its kind.
struct Change {
  Kind kind{};
  std::uint64_t queue = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint32_t mark = 0;
  Note note;
  std::string_view key = {};
  std::string_view body = {};  // or value
  std::size_t place = 0;       // of a record
  std::uint32_t target_count = 0;
  std::string_view targets = {};
  std::size_t targets_place = 0;
};

/// Builds a chunk: room for its header, then changes. seal() makes it ready to be numbered and written.
class ChunkWriter {
 public:
  ChunkWriter() : bytes_(kChunkHeader, '\0') {}
  /// In room that was used before.
  explicit ChunkWriter(std::string&& room) : bytes_(std::move(room)) { bytes_.assign(kChunkHeader, '\0'); }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes + kChunkHeader + 8); }
  bool empty() const noexcept { return bytes_.size() == kChunkHeader; }
  std::size_t size() const noexcept { return bytes_.size(); }

  void begin_entry(Kind kind, std::string_view body, std::size_t targets);
  void target(const Target& target);
  void settle(std::uint64_t queue, std::uint64_t first, std::uint64_t last);
  void note(std::uint64_t queue, std::uint64_t number, const Note& note);
  void mark(Kind kind, std::uint64_t queue, std::uint32_t mark);
  void drop(std::uint64_t queue);
  void record(Kind kind, std::string_view key, std::string_view value);
  void remove(std::string_view key);
  /// Changes that were written before, as they are.
  void payload(std::string_view changes) { bytes_.append(changes); }

  /// The chunk with the CRC of its payload; what is left is the header's business.
  std::string seal() &&;

 private:
  std::string bytes_;
  std::size_t body_ = 0;  // of the entry begun last
  std::uint32_t body_crc_ = 0;
};

/// Reads the changes of a payload in order.
class ChangeReader {
 public:
  explicit ChangeReader(std::string_view payload) noexcept : reader_(payload) {}
  /// False at the end and at the first thing that is no change; good() tells which.
  bool next(Change& change) noexcept;
  bool good() const noexcept { return good_ && reader_.good(); }

 private:
  void read_entry(Change& change) noexcept;
  void read_record(Change& change) noexcept;
  Reader reader_;
  bool good_ = true;
};

/// Whether all of it is changes.
bool well_formed(std::string_view payload) noexcept;

/// Reads the targets of an entry that ChangeReader found well formed.
class TargetReader {
 public:
  explicit TargetReader(const Change& change) noexcept : reader_(change.targets), begin_(change.targets_place) {}
  bool next(Target& target) noexcept;

 private:
  Reader reader_;
  std::size_t begin_;
};

/// What a target says of itself, read from its place alone.
struct TargetHeader {
  std::uint32_t back = 0;
  std::uint32_t crc = 0;
  std::uint64_t queue = 0;
  std::uint64_t number = 0;
  std::uint32_t extra_size = 0;
};
constexpr std::size_t kMostTargetHeader = 4 + 4 + 10 + 10 + 5;
TargetHeader read_target_header(Reader& reader) noexcept;

inline std::uint32_t entry_crc(std::string_view body, std::string_view extra) { return crc32c(extra, crc32c(body)); }
inline std::uint32_t record_crc(std::string_view key, std::string_view value) { return crc32c(value, crc32c(key)); }

}  // namespace journal
