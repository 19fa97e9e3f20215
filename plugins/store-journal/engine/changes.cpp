#include "changes.hpp"

#include <utility>

namespace journal {

// --- writing

void ChunkWriter::begin_entry(Kind kind, std::string_view body, std::size_t targets) {
  bytes_.push_back(static_cast<char>(kind));
  put_number(bytes_, targets);
  put_number(bytes_, body.size());
  body_ = bytes_.size();
  body_crc_ = crc32c(body);
  bytes_.append(body);
}

void ChunkWriter::target(const Target& target) {
  char header[kMostTargetHeader];
  store(header, static_cast<std::uint32_t>(bytes_.size() - body_));
  store(header + 4, crc32c(target.extra, body_crc_));
  std::size_t size = 8;
  for (const std::uint64_t number : {target.queue, target.number, std::uint64_t{target.extra.size()}})
    size += store_number(header + size, number);
  bytes_.append(header, size);
  bytes_.append(target.extra);
}

void ChunkWriter::settle(std::uint64_t queue, std::uint64_t first, std::uint64_t last) {
  bytes_.push_back(static_cast<char>(Kind::settle));
  put_number(bytes_, queue);
  put_number(bytes_, first);
  put_number(bytes_, last);
}

void ChunkWriter::note(std::uint64_t queue, std::uint64_t number, const Note& note) {
  bytes_.push_back(static_cast<char>(Kind::note));
  put_number(bytes_, queue);
  put_number(bytes_, number);
  put_number(bytes_, note.words[0]);
  put_number(bytes_, note.words[1]);
}

void ChunkWriter::mark(Kind kind, std::uint64_t queue, std::uint32_t mark) {
  bytes_.push_back(static_cast<char>(kind));
  put_number(bytes_, queue);
  put_number(bytes_, mark);
}

void ChunkWriter::drop(std::uint64_t queue) {
  bytes_.push_back(static_cast<char>(Kind::drop));
  put_number(bytes_, queue);
}

void ChunkWriter::record(Kind kind, std::string_view key, std::string_view value) {
  bytes_.push_back(static_cast<char>(kind));
  put_number(bytes_, key.size());
  put_number(bytes_, value.size());
  put_fixed(bytes_, record_crc(key, value));
  bytes_.append(key);
  bytes_.append(value);
}

void ChunkWriter::remove(std::string_view key) {
  bytes_.push_back(static_cast<char>(Kind::remove));
  put_number(bytes_, key.size());
  bytes_.append(key);
}

std::string ChunkWriter::seal() && {
  const std::string_view payload = std::string_view(bytes_).substr(kChunkHeader);
  store(bytes_.data() + 8, crc32c(payload));
  store(bytes_.data() + 12, static_cast<std::uint32_t>(payload.size()));
  bytes_.resize(aligned(bytes_.size()), '\0');
  return std::move(bytes_);
}

// --- reading

TargetHeader read_target_header(Reader& reader) noexcept {
  TargetHeader out;
  out.back = reader.fixed<std::uint32_t>();
  out.crc = reader.fixed<std::uint32_t>();
  out.queue = reader.number();
  out.number = reader.number();
  out.extra_size = reader.small();
  return out;
}

bool TargetReader::next(Target& target) noexcept {
  if (reader_.done()) return false;
  target.place = begin_ + reader_.place();
  const TargetHeader header = read_target_header(reader_);
  target.queue = header.queue;
  target.number = header.number;
  target.extra = reader_.bytes(header.extra_size);
  return reader_.good();
}

bool ChangeReader::next(Change& change) noexcept {
  if (!good() || reader_.done()) return false;
  change = {};
  change.kind = static_cast<Kind>(reader_.fixed<std::uint8_t>());
  switch (change.kind) {
    case Kind::append:
    case Kind::moved_entry:
      read_entry(change);
      break;
    case Kind::put:
    case Kind::moved_record:
      read_record(change);
      break;
    case Kind::settle:
      change.queue = reader_.number();
      change.first = reader_.number();
      change.last = reader_.number();
      break;
    case Kind::note:
      change.queue = reader_.number();
      change.first = reader_.number();
      change.note.words[0] = reader_.number();
      change.note.words[1] = reader_.number();
      break;
    case Kind::mark:
    case Kind::unmark:
      change.queue = reader_.number();
      change.mark = reader_.small();
      break;
    case Kind::drop:
      change.queue = reader_.number();
      break;
    case Kind::remove:
      change.key = reader_.bytes(reader_.number());
      break;
    default:
      good_ = false;
  }
  const bool of_records = change.kind == Kind::put || change.kind == Kind::moved_record || change.kind == Kind::remove;
  const bool of_targets = change.kind == Kind::append || change.kind == Kind::moved_entry;
  if (!of_records && !of_targets && change.queue == 0) good_ = false;
  return good();
}

void ChangeReader::read_entry(Change& change) noexcept {
  const std::uint64_t count = reader_.number();
  change.body = reader_.bytes(reader_.number());
  const std::size_t body_end = reader_.place();
  change.targets_place = body_end;
  change.target_count = static_cast<std::uint32_t>(count);
  if (count == 0 || count > UINT32_MAX) good_ = false;
  const char* begin = change.body.data() + change.body.size();
  for (std::uint64_t i = 0; i < count && good(); ++i) {
    const std::size_t distance = reader_.place() - body_end + change.body.size();
    const TargetHeader header = read_target_header(reader_);
    reader_.bytes(header.extra_size);
    if (header.back != distance || header.queue == 0 || header.number == 0) good_ = false;
  }
  if (good()) change.targets = {begin, reader_.place() - body_end};
}

void ChangeReader::read_record(Change& change) noexcept {
  const std::uint64_t key_size = reader_.number();
  const std::uint64_t value_size = reader_.number();
  change.place = reader_.place();
  reader_.fixed<std::uint32_t>();
  change.key = reader_.bytes(key_size);
  change.body = reader_.bytes(value_size);
  if (change.key.empty() || change.key.size() > UINT16_MAX) good_ = false;
}

bool well_formed(std::string_view payload) noexcept {
  ChangeReader reader(payload);
  for (Change change; reader.next(change);) {
  }
  return reader.good();
}

}  // namespace journal
