#include "medium_file.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace faulty {

using journal::Errno;

Errno MediumFile::size(std::uint64_t& bytes) {
  bytes = size_;
  return size_ != kAsFile ? 0 : file_->size(bytes);
}

Errno MediumFile::read(std::uint64_t at, std::span<char> into, std::size_t& got) {
  got = 0;
  if (!holds()) return file_->read(at, into, got);
  std::uint64_t size_now = 0;
  if (const Errno code = size(size_now); code != 0) return code;
  if (at >= size_now) return 0;
  into = into.first(std::min<std::uint64_t>(into.size(), size_now - at));
  if (const Errno code = file_->read(at, into, got); code != 0) return code;
  std::fill(into.begin() + static_cast<std::ptrdiff_t>(got), into.end(), '\0');
  got = into.size();
  for (auto held = sectors_.lower_bound(at / kSector); held != sectors_.end(); ++held) {
    const std::uint64_t begin = std::max(at, held->first * kSector);
    const std::uint64_t end = std::min(at + got, (held->first + 1) * kSector);
    if (begin >= end) break;
    held->second.copy(into.data() + (begin - at), end - begin, begin % kSector);
  }
  return 0;
}

Errno MediumFile::sector(std::uint64_t number, std::string*& bytes) {
  const auto [held, fresh] = sectors_.try_emplace(number);
  bytes = &held->second;
  if (!fresh) return 0;
  bytes->resize(kSector);
  std::size_t got = 0;
  return file_->read(number * kSector, *bytes, got);
}

Errno MediumFile::hold(std::uint64_t at, std::span<const std::string_view> pieces, std::size_t bytes) {
  std::uint64_t size_now = 0;
  if (const Errno code = size(size_now); code != 0) return code;
  for (std::string_view piece : pieces) {
    piece = piece.substr(0, bytes);
    bytes -= piece.size();
    while (!piece.empty()) {
      std::string* into = nullptr;
      if (const Errno code = sector(at / kSector, into); code != 0) return code;
      const std::size_t count = std::min<std::size_t>(piece.size(), kSector - at % kSector);
      into->replace(at % kSector, count, piece.substr(0, count));
      piece.remove_prefix(count);
      at += count;
    }
  }
  if (at > size_now) size_ = at;
  return 0;
}

Errno MediumFile::hold_size(std::uint64_t size_wanted) {
  std::uint64_t size_now = 0;
  const Errno code = size(size_now);
  if (code == 0 && size_wanted > size_now) size_ = size_wanted;
  return code;
}

// Done at once: that it was on the medium before anybody asked is one of the things that may be.
Errno MediumFile::truncate(std::uint64_t size_wanted) {
  size_ = kAsFile;
  sectors_.erase(sectors_.lower_bound((size_wanted + kSector - 1) / kSector), sectors_.end());
  if (const auto last = sectors_.find(size_wanted / kSector); last != sectors_.end()) {
    std::fill(last->second.begin() + static_cast<std::ptrdiff_t>(size_wanted % kSector), last->second.end(), '\0');
  }
  return file_->truncate(size_wanted);
}

Errno MediumFile::settle(std::mt19937& random, double likelihood) {
  std::uint64_t end = 0;
  std::uint64_t has = 0;
  Errno code = size(end);
  if (code == 0) code = file_->size(has);
  std::vector<std::pair<std::uint64_t, std::string>> sectors(sectors_.begin(), sectors_.end());
  std::shuffle(sectors.begin(), sectors.end(), random);
  std::bernoulli_distribution lucky(likelihood);
  if (code == 0 && end > has && lucky(random)) code = file_->allocate(end);
  for (const auto& [number, bytes] : sectors) {
    if (code != 0) break;
    const std::uint64_t at = number * kSector;
    if (lucky(random)) code = file_->write(at, std::string_view(bytes).substr(0, end - std::min(end, at)));
  }
  sectors_.clear();
  size_ = kAsFile;
  return code;
}

}  // namespace faulty
