#include "segment_reader.hpp"

#include <algorithm>

namespace journal {
namespace {
constexpr std::size_t kWindow = std::size_t{256} * 1024;
}

std::string_view SegmentReader::bytes(std::uint64_t at, std::size_t size) {
  if (at < window_at_ || at + size > window_at_ + window_size_) {
    window_.resize(std::max(size, kWindow));
    window_at_ = at;
    code_ = file_.read(at, window_, window_size_);
    if (code_ != 0) window_size_ = 0;
  }
  const std::size_t begin = static_cast<std::size_t>(at - window_at_);
  if (begin >= window_size_) return {};
  return {window_.data() + begin, std::min(size, window_size_ - begin)};
}

Found SegmentReader::chunk(std::uint64_t at, std::uint64_t limit, ChunkHeader& header, std::string_view& payload) {
  why_.clear();
  const auto damaged = [&](std::string why) {
    why_ = code_ != 0 ? "cannot be read: " + errno_text(code_) : std::move(why);
    return Found::damaged;
  };
  if (at + kChunkHeader > limit) return damaged("the segment ends inside the header of a chunk");
  const std::string_view head = bytes(at, kChunkHeader);
  const Found found = decode(head, store_id_, header);
  if (code_ != 0 || head.size() < kChunkHeader) return damaged("the file ends inside the header of a chunk");
  if (found == Found::zero) {
    why_ = "zeros where a chunk should begin";
    return found;
  }
  if (found != Found::good) return damaged("no header of a chunk, or one with a wrong checksum");
  if (header.length > limit - at - kChunkHeader) {
    return damaged("a chunk of " + std::to_string(header.length) + " bytes, but the segment ends before");
  }
  const std::string_view all = bytes(at, kChunkHeader + header.length);
  if (all.size() < kChunkHeader + header.length) return damaged("the file ends inside a chunk");
  payload = all.substr(kChunkHeader);
  const std::uint32_t crc = crc32c(payload);
  if (crc != header.payload_crc) {
    return damaged("checksum of a chunk is " + std::to_string(crc) + ", expected " +
                   std::to_string(header.payload_crc));
  }
  return Found::good;
}

bool SegmentReader::claims(std::uint64_t from, std::uint64_t limit, std::uint64_t sequence, std::uint64_t& at) {
  for (at = aligned(from); at + kChunkHeader <= limit; at += 8) {
    const std::string_view head = bytes(at, kChunkHeader);
    if (head.size() < kChunkHeader) return code() != 0;
    if (head[0] == 0) continue;
    ChunkHeader header;
    if (decode(head, store_id_, header) == Found::good && header.synced >= sequence) return true;
  }
  return false;
}

bool SegmentReader::written(std::uint64_t from, std::uint64_t limit) {
  while (from < limit) {
    const std::string_view some = bytes(from, static_cast<std::size_t>(std::min<std::uint64_t>(kWindow, limit - from)));
    if (some.empty()) return false;
    if (std::any_of(some.begin(), some.end(), [](char c) { return c != 0; })) return true;
    from += some.size();
  }
  return false;
}

}  // namespace journal
