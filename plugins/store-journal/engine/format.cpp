#include "format.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace journal {
namespace {

constexpr std::uint64_t kSegmentMagic = 0x31474553'4C52544AULL;  // "JTRLSEG1" as bytes
constexpr std::uint32_t kChunkMagic = 0x4B4E4843;                // "CHNK"
constexpr std::string_view kSegmentPrefix = "segment-";
constexpr std::string_view kCheckpointPrefix = "checkpoint-";

std::uint32_t header_crc(std::string_view bytes, std::uint64_t store_id) {
  std::array<char, sizeof store_id> salt;
  store(salt.data(), store_id);
  return crc32c(bytes, crc32c({salt.data(), salt.size()}));
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

std::string hex_name(std::string_view prefix, std::uint64_t number, std::size_t digits) {
  std::array<char, 16> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, 16).ptr;
  const std::string hex(text.data(), end);
  return std::string(prefix) + std::string(digits - std::min(digits, hex.size()), '0') + hex;
}

std::uint64_t hex_number(std::string_view name, std::string_view prefix, std::size_t digits) {
  if (!name.starts_with(prefix) || name.size() != prefix.size() + digits) return 0;
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), out, 16);
  return error == std::errc() && end == name.data() + name.size() ? out : 0;
}

}  // namespace

std::string encode(const SegmentHeader& header, std::uint64_t store_id) {
  std::string out;
  put_fixed(out, kSegmentMagic);
  put_fixed(out, kVersion);
  put_fixed(out, std::uint32_t{0});
  put_fixed(out, store_id);
  put_fixed(out, std::uint64_t{header.number});
  put_fixed(out, header.first_sequence);
  put_fixed(out, std::uint64_t{header.previous});
  put_fixed(out, header.previous_end);
  put_fixed(out, header.synced);
  store(out.data() + 12, header_crc(std::string_view(out).substr(16), store_id));
  return out;
}

std::string version_fault(std::uint32_t version) {
  if (version >= kOldestVersion && version <= kVersion) return {};
  const std::string range = kOldestVersion == kVersion
                                ? std::to_string(kVersion)
                                : std::to_string(kOldestVersion) + " to " + std::to_string(kVersion);
  const std::string found = "has format version " + std::to_string(version) + ", expected " + range;
  if (version > kVersion) {
    return found +
           ": a newer Trellis wrote it, and there is no way back in place; start that one, or `trellis store "
           "export` with it and `trellis store import` with this one";
  }
  return found + (version == 0
                      ? ": no Trellis wrote it so; the file is damaged"
                      : ": start a Trellis between first, which writes it anew, or `trellis store export` with "
                        "the one that wrote it and `trellis store import` with this one");
}

Found decode(std::string_view bytes, std::uint64_t store_id, SegmentHeader& header) {
  if (all_zero(bytes.substr(0, kSegmentHeader))) return Found::zero;
  if (bytes.size() < kSegmentHeader || load<std::uint64_t>(bytes.data()) != kSegmentMagic) return Found::damaged;
  header.version = load<std::uint32_t>(bytes.data() + 8);
  const std::string_view rest = bytes.substr(16, kSegmentHeader - 16);
  if (load<std::uint32_t>(bytes.data() + 12) != header_crc(rest, store_id)) return Found::damaged;
  if (load<std::uint64_t>(rest.data()) != store_id) return Found::damaged;
  if (header.version < kOldestVersion || header.version > kVersion) return Found::foreign;
  const auto number = load<std::uint64_t>(rest.data() + 8);
  const auto previous = load<std::uint64_t>(rest.data() + 24);
  if (number == 0 || number > UINT32_MAX || previous >= number) return Found::damaged;
  header = {static_cast<std::uint32_t>(number),    load<std::uint64_t>(rest.data() + 16),
            static_cast<std::uint32_t>(previous),  load<std::uint64_t>(rest.data() + 32),
            load<std::uint64_t>(rest.data() + 40), header.version};
  return Found::good;
}

void encode(const ChunkHeader& header, std::uint64_t store_id, char* at) {
  store(at, kChunkMagic);
  store(at + 8, header.payload_crc);
  store(at + 12, header.length);
  store(at + 16, header.sequence);
  store(at + 24, header.synced);
  store(at + 4, header_crc({at + 8, kChunkHeader - 8}, store_id));
}

Found decode(std::string_view bytes, std::uint64_t store_id, ChunkHeader& header) {
  if (all_zero(bytes.substr(0, kChunkHeader))) return Found::zero;
  if (bytes.size() < kChunkHeader || load<std::uint32_t>(bytes.data()) != kChunkMagic) return Found::damaged;
  if (load<std::uint32_t>(bytes.data() + 4) != header_crc(bytes.substr(8, kChunkHeader - 8), store_id)) {
    return Found::damaged;
  }
  header = {load<std::uint32_t>(bytes.data() + 8), load<std::uint32_t>(bytes.data() + 12),
            load<std::uint64_t>(bytes.data() + 16), load<std::uint64_t>(bytes.data() + 24)};
  return header.length <= kMostChunk ? Found::good : Found::damaged;
}

std::string segment_name(std::uint32_t number) { return hex_name(kSegmentPrefix, number, 8); }
std::string checkpoint_name(std::uint64_t sequence) { return hex_name(kCheckpointPrefix, sequence, 16); }
std::uint32_t segment_number(std::string_view name) {
  return static_cast<std::uint32_t>(hex_number(name, kSegmentPrefix, 8));
}
std::uint64_t checkpoint_sequence(std::string_view name) { return hex_number(name, kCheckpointPrefix, 16); }

}  // namespace journal
