// All that is kept in one file.
#include "segment_reader.hpp"
#include "tools.hpp"

namespace journal {

Errno Archive::begin() {
  at_ = kSegmentHeader;
  return file_.write(0, encode(SegmentHeader{1, 1, 0, 0, 0}, 0));
}

Errno Archive::add(ChunkWriter&& chunk) {
  std::string bytes = std::move(chunk).seal();
  encode({load<std::uint32_t>(bytes.data() + 8), load<std::uint32_t>(bytes.data() + 12), ++sequence_, 0}, 0,
         bytes.data());
  const Errno code = file_.write(at_, bytes);
  at_ += bytes.size();
  return code;
}

std::string Archive::read(const std::function<bool(std::string_view)>& sink) {
  std::uint64_t size = 0;
  if (const Errno code = file_.size(size); code != 0) return "cannot be read: " + errno_text(code);
  std::string head(kSegmentHeader, '\0');
  std::size_t got = 0;
  if (const Errno code = file_.read(0, head, got); code != 0) return "cannot be read: " + errno_text(code);
  SegmentHeader header;
  const Found found = decode(std::string_view(head).substr(0, got), 0, header);
  if (found == Found::foreign) return version_fault(header.version);
  if (found != Found::good) return "is no export of a store";
  SegmentReader reader(file_, 0);
  for (std::uint64_t at = kSegmentHeader; at < size;) {
    ChunkHeader chunk;
    std::string_view payload;
    if (reader.chunk(at, size, chunk, payload) != Found::good)
      return "at offset " + std::to_string(at) + ": " + reader.why();
    if (chunk.sequence != ++sequence_) return "at offset " + std::to_string(at) + ": a chunk is missing";
    if (!sink(payload)) return "could not be taken over as a whole";
    at += aligned(kChunkHeader + chunk.length);
  }
  return {};
}

}  // namespace journal
