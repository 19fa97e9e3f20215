#include "entry_reader.hpp"

#include <algorithm>

#include "format.hpp"

namespace journal {
namespace {

// Entries that lie close together come with one call: reading what is between them is cheaper than a call each.
constexpr std::uint64_t kGap = 4096;
constexpr std::uint64_t kWindow = std::uint64_t{256} * 1024;
// An extra is seldom longer; where it is, it is fetched by itself.
constexpr std::uint64_t kExtra = 256;

std::uint64_t begin_of(const Wanted& wanted) {
  return wanted.place.offset - std::min<std::uint64_t>(wanted.size, wanted.place.offset);
}
std::uint64_t end_of(const Wanted& wanted) { return wanted.place.offset + kMostTargetHeader + kExtra; }

}  // namespace

bool ReadResult::read(const ReadPlan& plan) {
  std::size_t i = 0;
  while (i < plan.wanted.size()) {
    const Wanted& first = plan.wanted[i];
    const std::uint64_t begin = begin_of(first);
    std::uint64_t end = end_of(first);
    std::size_t next = i + 1;
    for (; next < plan.wanted.size(); ++next) {
      const Wanted& more = plan.wanted[next];
      if (more.place.segment != first.place.segment || begin_of(more) < begin || begin_of(more) > end + kGap ||
          end_of(more) > begin + kWindow) {
        break;
      }
      end = std::max(end, end_of(more));
    }
    const auto file = plan.files.find(first.place.segment);
    if (file == plan.files.end()) return fail(first, "its segment is gone");
    const std::string_view window = fetch(*file->second, begin, static_cast<std::size_t>(end - begin));
    for (; i < next; ++i) {
      if (!take(plan, plan.wanted[i], window, begin)) return why_.empty();
    }
  }
  return true;
}

std::string_view ReadResult::fetch(File& file, std::uint64_t at, std::size_t size) {
  memory_.push_back(std::make_unique_for_overwrite<char[]>(size));
  std::size_t got = 0;
  if (const Errno code = file.read(at, {memory_.back().get(), size}, got); code != 0) {
    why_ = errno_text(code);
    return {};
  }
  return {memory_.back().get(), got};
}

bool ReadResult::fail(const Wanted& wanted, const std::string& why) {
  why_ = segment_name(wanted.place.segment) + ": at offset " + std::to_string(wanted.place.offset) + ": entry " +
         std::to_string(wanted.number) + ": " + why;
  return false;
}

bool ReadResult::take(const ReadPlan& plan, const Wanted& wanted, std::string_view window, std::uint64_t window_at) {
  if (!why_.empty()) return fail(wanted, "cannot be read: " + why_);
  File& file = *plan.files.at(wanted.place.segment);
  const auto at = static_cast<std::size_t>(wanted.place.offset - window_at);
  Reader reader(at <= window.size() ? window.substr(at) : std::string_view());
  const TargetHeader header = read_target_header(reader);
  if (!reader.good() || header.queue != plan.queue || header.number != wanted.number || header.back < wanted.size ||
      header.extra_size > kMostChunk || header.back > wanted.place.offset) {
    return fail(wanted, "not found there");
  }
  const std::size_t extra_at = at + reader.place();
  const std::size_t extra_size = header.extra_size;
  const std::string_view extra = extra_at + extra_size <= window.size() ? window.substr(extra_at, extra_size)
                                                                        : fetch(file, window_at + extra_at, extra_size);
  const std::uint64_t body_at = wanted.place.offset - header.back;
  const std::string_view body = body_at >= window_at && body_at + wanted.size <= window_at + window.size()
                                    ? window.substr(static_cast<std::size_t>(body_at - window_at), wanted.size)
                                    : fetch(file, body_at, wanted.size);
  if (extra.size() != extra_size || body.size() != wanted.size || entry_crc(body, extra) != header.crc) {
    return fail(wanted, why_.empty() ? "its checksum is wrong" : "cannot be read: " + why_);
  }
  bytes_ += body.size() + extra.size();
  if (!entries_.empty() && bytes_ > plan.bytes) return false;  // no fault: that is all that fits
  entries_.push_back({wanted.number, body, extra, wanted.note});
  return true;
}

}  // namespace journal
