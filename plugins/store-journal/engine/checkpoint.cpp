#include "checkpoint.hpp"

#include "checkpoint_room.hpp"
#include "format.hpp"

namespace journal {
namespace {
constexpr std::uint64_t kMagic = 0x3150434B'4C525443ULL;
constexpr std::size_t kHeader = 56;
constexpr std::string_view kUnfinished = "checkpoint.new";
}  // namespace

std::string encode(const Checkpoint& checkpoint) {
  std::string out;
  out.reserve(kHeader + checkpoint.index.size());
  put_fixed(out, kMagic);
  put_fixed(out, kVersion);
  put_fixed(out, std::uint32_t{0});
  put_fixed(out, checkpoint.store_id);
  put_fixed(out, checkpoint.sequence);
  put_fixed(out, std::uint64_t{checkpoint.tail.segment});
  put_fixed(out, std::uint64_t{checkpoint.tail.offset});
  put_fixed(out, std::uint64_t{checkpoint.index.size()});
  out += checkpoint.index;
  store(out.data() + 12, crc32c(std::string_view(out).substr(16)));
  return out;
}

std::string decode(std::string_view bytes, Checkpoint& checkpoint, bool& foreign) {
  foreign = false;
  if (bytes.size() < kHeader) {
    return "has " + std::to_string(bytes.size()) + " bytes, expected at least " + std::to_string(kHeader);
  }
  if (load<std::uint64_t>(bytes.data()) != kMagic) return "does not begin like a checkpoint";
  checkpoint.version = load<std::uint32_t>(bytes.data() + 8);
  const std::uint32_t crc = crc32c(bytes.substr(16));
  const auto expected = load<std::uint32_t>(bytes.data() + 12);
  if (crc != expected) return "checksum is " + std::to_string(crc) + ", expected " + std::to_string(expected);
  if (std::string fault = version_fault(checkpoint.version); !fault.empty()) {
    foreign = true;
    return fault;
  }
  Reader in(bytes.substr(16));
  checkpoint.store_id = in.fixed<std::uint64_t>();
  checkpoint.sequence = in.fixed<std::uint64_t>();
  const auto segment = in.fixed<std::uint64_t>();
  const auto offset = in.fixed<std::uint64_t>();
  const auto length = in.fixed<std::uint64_t>();
  if (segment == 0 || segment > UINT32_MAX || offset > UINT32_MAX || checkpoint.sequence == 0) {
    return "names a place that cannot be";
  }
  if (length != bytes.size() - kHeader) {
    return "says that its index has " + std::to_string(length) + " bytes, found " +
           std::to_string(bytes.size() - kHeader);
  }
  checkpoint.tail = {static_cast<std::uint32_t>(segment), static_cast<std::uint32_t>(offset)};
  checkpoint.index = bytes.substr(kHeader);
  return {};
}

namespace {

Errno write_unfinished(Disk& disk, std::string_view bytes) {
  disk.remove(std::string(kUnfinished));  // one of a crash
  std::shared_ptr<File> file;
  Errno code = disk.open(std::string(kUnfinished), Disk::Mode::create, file);
  if (code == 0) code = file->write(0, bytes);
  if (code == 0) code = file->sync();
  if (code != 0) disk.remove(std::string(kUnfinished));
  return code;
}

}  // namespace

Errno write_checkpoint(Disk& disk, const Checkpoint& checkpoint, std::string_view bytes) {
  const std::string name = checkpoint_name(checkpoint.sequence);
  Errno code = write_unfinished(disk, bytes);
  if (code == 0) {
    code = disk.rename(std::string(kUnfinished), name);
  } else if (write_into_room(disk, bytes, name) == 0) {
    code = 0;
  }
  return code == 0 ? disk.sync_names() : code;
}

std::string read_checkpoint(Disk& disk, const std::string& name, Checkpoint& checkpoint, bool& foreign) {
  foreign = false;
  std::shared_ptr<File> file;
  std::uint64_t size = 0;
  std::size_t got = 0;
  Errno code = disk.open(name, Disk::Mode::existing, file);
  if (code == 0) code = file->size(size);
  std::string bytes(code == 0 ? size : 0, '\0');
  if (code == 0) code = file->read(0, bytes, got);
  if (code != 0) return "cannot be read: " + errno_text(code);
  return decode(std::string_view(bytes).substr(0, got), checkpoint, foreign);
}

}  // namespace journal
