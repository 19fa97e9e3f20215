// How the journal lies on disk.
//
// A segment is a file `segment-<number>`: a header of 64 bytes, then chunks, each beginning at a multiple of 8. A chunk
// is a header of 32 bytes and the changes of one write() call, all of it or nothing. Numbers are little-endian.
//
//   segment header  magic u64 · version u32 · CRC-32C u32 (of what follows) · store u64 · number u64 · first sequence
//                   u64 · previous segment u64 · its end u64 · sequence known to be on the medium u64
//   chunk header    magic u32 · CRC-32C of the other 24 bytes u32 · CRC-32C of the payload u32 · length of the payload
//                   u32 · sequence u64 · sequence known to be on the medium u64
//
// The previous segment counts up to `its end` only: what a failed write left behind that place never was. The CRC of
// headers begins with the store's own random number, so that nobody's payload can pass for a header.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "crc32c.hpp"

namespace journal {

// What is written has the version of whoever writes it, each file its own. A change of the format makes a further one:
// what was written before is read as it is, and is gone once rewriting has moved what lives in it. `kOldestVersion`
// goes up only with a Trellis between that reads both.
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kOldestVersion = 1;
constexpr std::size_t kSegmentHeader = 64;
constexpr std::size_t kChunkHeader = 32;
constexpr std::size_t kMostChunk = std::size_t{1} << 30;

/// Chunks begin at multiples of 8.
constexpr std::uint64_t aligned(std::uint64_t size) { return (size + 7) & ~std::uint64_t{7}; }

template <class Number>
Number load(const char* at) noexcept {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is little-endian, and so far only read so");
  Number out{};
  std::memcpy(&out, at, sizeof out);
  return out;
}
template <class Number>
void store(char* at, Number number) noexcept {
  std::memcpy(at, &number, sizeof number);
}

/// What is wrong with a file of that version, as "has format version …", or empty.
std::string version_fault(std::uint32_t version);

struct SegmentHeader {
  std::uint32_t number = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t previous = 0;  // 0: none
  std::uint64_t previous_end = 0;
  std::uint64_t synced = 0;
  std::uint32_t version = kVersion;  // when read
};

struct ChunkHeader {
  std::uint32_t payload_crc = 0;
  std::uint32_t length = 0;
  std::uint64_t sequence = 0;
  std::uint64_t synced = 0;
};

enum class Found { good, zero, damaged, foreign };  // foreign: of a version that is not read here

std::string encode(const SegmentHeader& header, std::uint64_t store_id);
/// Of one that is foreign only the version is told.
Found decode(std::string_view bytes, std::uint64_t store_id, SegmentHeader& header);

/// Fills the first bytes of a chunk whose payload and its CRC are there.
void encode(const ChunkHeader& header, std::uint64_t store_id, char* at);
Found decode(std::string_view bytes, std::uint64_t store_id, ChunkHeader& header);

std::string segment_name(std::uint32_t number);
std::string checkpoint_name(std::uint64_t sequence);
/// The number in such a name; 0 for other names.
std::uint32_t segment_number(std::string_view name);
std::uint64_t checkpoint_sequence(std::string_view name);

// --- numbers of variable length, 7 bits a byte

/// At most 10 bytes; answers how many.
inline std::size_t store_number(char* to, std::uint64_t number) {
  std::size_t size = 0;
  for (; number >= 0x80; number >>= 7) to[size++] = static_cast<char>(number | 0x80);
  to[size++] = static_cast<char>(number);
  return size;
}

inline void put_number(std::string& out, std::uint64_t number) {
  char bytes[10];
  out.append(bytes, store_number(bytes, number));
}

template <class Number>
void put_fixed(std::string& out, Number number) {
  char bytes[sizeof number];
  store(bytes, number);
  out.append(bytes, sizeof number);
}

/// Reads from the front, never beyond the end; after the first fault everything is 0 or empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : bytes_(bytes) {}
  bool good() const noexcept { return good_; }
  bool done() const noexcept { return at_ == bytes_.size() || !good_; }
  std::size_t place() const noexcept { return at_; }

  std::uint64_t number() noexcept {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == bytes_.size()) break;
      const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
      if (shift == 63 && byte > 1) break;
      out |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return out;
    }
    fail();
    return 0;
  }
  /// A number that has to fit 32 bits.
  std::uint32_t small() noexcept {
    const std::uint64_t out = number();
    if (out > UINT32_MAX) fail();
    return good_ ? static_cast<std::uint32_t>(out) : 0;
  }
  template <class Number>
  Number fixed() noexcept {
    const std::string_view from = bytes(sizeof(Number));
    return from.size() == sizeof(Number) ? load<Number>(from.data()) : Number{};
  }
  std::string_view bytes(std::uint64_t size) noexcept {
    if (!good_ || size > bytes_.size() - at_) {
      fail();
      return {};
    }
    const std::string_view out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }

 private:
  void fail() noexcept {
    good_ = false;
    at_ = bytes_.size();
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace journal
