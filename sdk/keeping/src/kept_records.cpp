#include <trellis/keeping/kept_records.hpp>
#include <utility>

namespace trellis::keeping {

void KeptRecords::add(std::vector<std::pair<std::string, std::string>> records, Told told) {
  for (auto& [key, value] : records) unkept_[std::move(key)] = std::move(value);
  waiting_.push_back(std::move(told));
  if (writing_.empty() && !retry_.armed()) write();
}

void KeptRecords::write() {
  if (unkept_.empty()) {
    for (const Told& told : std::exchange(waiting_, {})) told();
    return;
  }
  for (std::size_t bytes = 0; !unkept_.empty() && bytes < kBytes;) {
    const auto& [key, value] = *writing_.insert(unkept_.extract(unkept_.begin())).position;
    bytes += key.size() + value.size();
    if (value.empty()) {
      keeper_.remove(TRELLIS_DURABILITY_SYNCED, key);
    } else {
      keeper_.put(TRELLIS_DURABILITY_SYNCED, key, value);
    }
  }
  keeper_.then(TRELLIS_DURABILITY_SYNCED, [this](bool kept) { answered(kept); });
}

void KeptRecords::answered(bool kept) {
  if (kept) {
    writing_.clear();
    return write();
  }
  unkept_.merge(writing_);  // what changed meanwhile is newer
  writing_.clear();
  shard_.arm(retry_, kRetryMs);
}

}  // namespace trellis::keeping
