#include "rotated.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace files {
namespace {

constexpr std::string_view kCompressed = ".gz";
constexpr std::size_t kStampSize = 19;  // 20261127T194500123Z
constexpr std::size_t kChunk = std::size_t{64} << 10U;

bool is_stamp(std::string_view text) {
  if (text.size() != kStampSize || text[8] != 'T' || text.back() != 'Z') return false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (i != 8 && (text[i] < '0' || text[i] > '9')) return false;
  }
  return true;
}

bool is_rotated(std::string_view name, std::string_view file) {
  if (!name.starts_with(file) || name.substr(file.size(), 1) != ".") return false;
  name.remove_prefix(file.size() + 1);
  if (name.ends_with(kCompressed)) name.remove_suffix(kCompressed.size());
  return is_stamp(name);
}

struct Deflater {
  Deflater() {
    static constexpr int kGzipWindow = 15 + 16;
    static constexpr int kMemoryLevel = 8;
    ready =
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() {
    if (ready) deflateEnd(&stream);
  }
  z_stream stream{};
  bool ready = false;
};

// One piece of the file, and with the last one what is left of it.
trellis::Result<void> deflate_piece(Deflater& deflater, std::string_view piece, bool last, const Descriptor& to,
                                    const std::string& name) {
  std::array<char, kChunk> out{};
  deflater.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  deflater.stream.avail_in = static_cast<uInt>(piece.size());
  do {
    deflater.stream.next_out = reinterpret_cast<Bytef*>(out.data());
    deflater.stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&deflater.stream, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR) {
      return trellis::fail("cannot compress " + name, trellis::Status::internal);
    }
    const std::size_t made = out.size() - deflater.stream.avail_out;
    if (auto written = write_all(to, {out.data(), made}, name); !written) return written;
  } while (deflater.stream.avail_out == 0);
  return trellis::ok();
}

trellis::Result<void> deflate_all(const Descriptor& from, const Descriptor& to, const std::string& name) {
  Deflater deflater;
  if (!deflater.ready) return trellis::fail("no memory to compress " + name, trellis::Status::internal);
  std::string chunk(kChunk, '\0');
  while (true) {
    const ssize_t got = ::read(from.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", name, errno);
    const std::string_view piece(chunk.data(), static_cast<std::size_t>(got));
    if (auto done = deflate_piece(deflater, piece, got == 0, to, name); !done || got == 0) return done;
  }
}

}  // namespace

std::string rotated_name(std::string_view file, std::chrono::milliseconds wall) {
  using namespace std::chrono;
  const sys_time<milliseconds> time(wall);
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 64> stamp{};
  const int size =
      std::snprintf(stamp.data(), stamp.size(), ".%04d%02u%02uT%02d%02d%02d%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return std::string(file) + std::string(stamp.data(), static_cast<std::size_t>(size));
}

trellis::Result<std::vector<std::string>> rotated_files(const Descriptor& folder, std::string_view file) {
  // A descriptor of its own: closedir() takes it.
  const int own = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> list(own < 0 ? nullptr : ::fdopendir(own), &::closedir);
  if (list == nullptr) {
    const int code = errno;
    if (own >= 0) ::close(own);
    return failure("read the folder of", file, code);
  }
  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(list.get())) {
    if (is_rotated(entry->d_name, file)) names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

trellis::Result<void> compress(const Descriptor& folder, const std::string& name) {
  const std::string unfinished = "." + name + std::string(kCompressed);
  const std::string whole = name + std::string(kCompressed);
  const Descriptor from(::openat(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!from) return failure("open", name, errno);
  const Descriptor to(
      ::openat(folder.get(), unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!to) return failure("create", unfinished, errno);
  auto done = deflate_all(from, to, name);
  if (done && ::fsync(to.get()) != 0) done = failure("sync", unfinished, errno);
  if (done && ::renameat(folder.get(), unfinished.c_str(), folder.get(), whole.c_str()) != 0) {
    done = failure("rename", unfinished, errno);
  }
  if (!done) {
    ::unlinkat(folder.get(), unfinished.c_str(), 0);
    return done;
  }
  if (::fsync(folder.get()) != 0) return failure("sync the folder of", name, errno);
  if (::unlinkat(folder.get(), name.c_str(), 0) != 0) return failure("remove", name, errno);
  return trellis::ok();
}

trellis::Result<std::size_t> remove_oldest(const Descriptor& folder, std::string_view file, std::uint32_t kept) {
  const auto names = rotated_files(folder, file);
  if (!names) return names.error();
  std::size_t removed = 0;
  for (std::size_t i = 0; i + kept < names->size(); ++i) {
    const std::string& name = (*names)[i];
    if (::unlinkat(folder.get(), name.c_str(), 0) != 0 && errno != ENOENT) return failure("remove", name, errno);
    ++removed;
  }
  return removed;
}

}  // namespace files
