#include "fake_disk.hpp"

#include <algorithm>
#include <cerrno>

namespace journal::testing {

class FakeFile final : public File {
 public:
  FakeFile(FakeDisk& disk, std::string name, std::shared_ptr<FakeDisk::Inode> inode)
      : disk_(disk), name_(std::move(name)), inode_(std::move(inode)) {}

  Errno read(std::uint64_t at, std::span<char> into, std::size_t& got) override {
    const std::lock_guard lock(disk_.mutex_);
    got = 0;
    if (const Errno code = disk_.begin("read", name_); code != 0) return code;
    const std::string& bytes = inode_->written;
    if (at < bytes.size()) got = std::min<std::size_t>(into.size(), bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(at, bytes.size())), got,
                into.data());
    return 0;
  }

  Errno write(std::uint64_t at, std::span<const std::string_view> pieces) override {
    std::string all;
    for (const std::string_view piece : pieces) all += piece;
    const std::lock_guard lock(disk_.mutex_);
    if (disk_.dies_now()) {
      all.resize(disk_.seed_ * 2654435761U % (all.size() + 1));
      if (fits(at + all.size())) put({at, std::move(all), false});
      return disk_.begin("write", name_);
    }
    const Errno code = disk_.begin("write", name_);
    if (disk_.dead_) return code;
    // What fails has been done in part.
    if (code != 0) all.resize(all.size() / 2);
    if (!fits(at + all.size())) return disk_.refused(at + all.size());
    put({at, std::move(all), false});
    return code;
  }

  Errno sync() override {
    disk_.syncs_hang_.wait(true);
    const std::lock_guard lock(disk_.mutex_);
    if (const Errno code = disk_.begin("sync", name_); code != 0) {
      // As Linux does: the pages count as clean, whether they are still there or not.
      if (!disk_.dead_) {
        inode_->unsynced.clear();
        if (!disk_.keep_) inode_->written = inode_->durable;
      }
      return code;
    }
    for (const FakeDisk::Piece& piece : inode_->unsynced) bring(piece);
    inode_->durable.resize(inode_->written.size(), '\0');
    inode_->unsynced.clear();
    return 0;
  }

  Errno allocate(std::uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    if (const Errno code = disk_.begin("allocate", name_); code != 0) return code;
    if (size <= inode_->written.size()) return 0;
    if (!fits(size)) return disk_.refused(size);
    return resize(size);
  }
  Errno truncate(std::uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    if (const Errno code = disk_.begin("truncate", name_); code != 0) return code;
    return resize(size);
  }
  Errno size(std::uint64_t& bytes) override {
    const std::lock_guard lock(disk_.mutex_);
    bytes = inode_->written.size();
    return disk_.dead_ ? EIO : 0;
  }

 private:
  bool fits(std::uint64_t size) const {
    return size <= inode_->written.size() || disk_.fits(size - inode_->written.size());
  }
  Errno resize(std::uint64_t size) {
    put({size, {}, true});
    return 0;
  }
  void put(FakeDisk::Piece piece) {
    FakeDisk::put(inode_->written, piece);
    inode_->unsynced.push_back(std::move(piece));
  }
  /// To the medium: whole pages, as they are now.
  void bring(const FakeDisk::Piece& piece) {
    constexpr std::uint64_t kPage = 4096;
    FakeDisk::put(inode_->durable, piece);
    if (piece.resizes) return;
    const std::uint64_t begin = piece.at / kPage * kPage;
    const std::uint64_t end =
        std::min<std::uint64_t>((piece.at + piece.bytes.size() + kPage - 1) / kPage * kPage, inode_->written.size());
    if (begin < end) FakeDisk::put(inode_->durable, {begin, inode_->written.substr(begin, end - begin), false});
  }

  FakeDisk& disk_;
  std::string name_;
  std::shared_ptr<FakeDisk::Inode> inode_;
};

FakeDisk::FakeDisk(const Image& image) {
  for (const auto& [name, bytes] : image) {
    names_[name] = std::make_shared<Inode>(Inode{bytes, bytes, {}});
  }
  durable_names_ = names_;
}

void FakeDisk::put(std::string& into, const Piece& piece) {
  if (piece.resizes) {
    into.resize(piece.at, '\0');
    return;
  }
  if (into.size() < piece.at + piece.bytes.size()) into.resize(piece.at + piece.bytes.size(), '\0');
  std::copy(piece.bytes.begin(), piece.bytes.end(), into.begin() + static_cast<std::ptrdiff_t>(piece.at));
}

void FakeDisk::on_call(std::function<Errno(const Call&)> hook) {
  const std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}
void FakeDisk::keep_after_failed_sync(bool keep) {
  const std::lock_guard lock(mutex_);
  keep_ = keep;
}
void FakeDisk::limit(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
}
std::uint64_t FakeDisk::used() const {
  const std::lock_guard lock(mutex_);
  return used_locked();
}
std::uint64_t FakeDisk::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}
std::uint64_t FakeDisk::used_locked() const {
  std::uint64_t sum = 0;
  for (const auto& [name, inode] : names_) sum += inode->written.size();
  return sum;
}
std::uint64_t FakeDisk::free() const {
  const std::lock_guard lock(mutex_);
  return limit_ == UINT64_MAX ? UINT64_MAX : limit_ - std::min(limit_, used_locked());
}
std::vector<std::string> FakeDisk::last_calls() const {
  const std::lock_guard lock(mutex_);
  return {last_calls_.begin(), last_calls_.end()};
}
bool FakeDisk::fits(std::uint64_t more) const { return limit_ == UINT64_MAX || used_locked() + more <= limit_; }
Errno FakeDisk::refused(std::uint64_t size) {
  last_calls_.back() += " up to " + std::to_string(size);
  return answered(ENOSPC);
}
Errno FakeDisk::answered(Errno code) {
  if (code != 0) last_calls_.back() += ": " + errno_text(code);
  return code;
}

Errno FakeDisk::begin(std::string_view what, std::string_view name) {
  if (dead_) return EIO;
  ++calls_;
  last_calls_.push_back("call " + std::to_string(calls_) + ": " + std::string(what) + " " + std::string(name));
  if (last_calls_.size() > 60) last_calls_.pop_front();
  if (die_at_ != 0 && calls_ >= die_at_) {
    std::mt19937 random(seed_);
    last_ = power_ ? power_image(random) : written_image();
    dead_ = true;
    last_calls_.back() += ", where it dies";
    return EIO;
  }
  return answered(hook_ ? hook_({calls_, what, name}) : 0);
}

FakeDisk::Image FakeDisk::written_image() const {
  Image out;
  for (const auto& [name, inode] : names_) out[name] = inode->written;
  return out;
}

FakeDisk::Image FakeDisk::power_image(std::mt19937& random) const {
  constexpr std::size_t kSector = 512;
  const std::size_t choice = random() % (past_names_.size() + 1);
  const Names& names = choice == 0 ? durable_names_ : past_names_[choice - 1];
  Image out;
  for (const auto& [name, inode] : names) {
    std::string bytes = inode->durable;
    const unsigned luck = random() % 4;  // of this file: nothing came, all did, or some
    for (const Piece& piece : inode->unsynced) {
      if (luck == 0 || (luck > 1 && random() % 2 == 0)) continue;
      if (piece.resizes || luck == 1) {
        put(bytes, piece);
        continue;
      }
      for (std::size_t at = 0; at < piece.bytes.size();) {
        const std::size_t size = std::min(kSector - (piece.at + at) % kSector, piece.bytes.size() - at);
        if (random() % 8 != 0) put(bytes, {piece.at + at, piece.bytes.substr(at, size), false});
        at += size;
      }
    }
    out[name] = std::move(bytes);
  }
  return out;
}

FakeDisk::Image FakeDisk::written() const {
  const std::lock_guard lock(mutex_);
  return written_image();
}
FakeDisk::Image FakeDisk::after_power_cut(std::mt19937& random) const {
  const std::lock_guard lock(mutex_);
  return power_image(random);
}
void FakeDisk::die_at(std::uint64_t call, bool power, std::uint32_t seed) {
  const std::lock_guard lock(mutex_);
  die_at_ = call;
  power_ = power;
  seed_ = seed;
}
void FakeDisk::revive() {
  const std::lock_guard lock(mutex_);
  dead_ = false;
  die_at_ = 0;
}
bool FakeDisk::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_;
}
FakeDisk::Image FakeDisk::image() const {
  const std::lock_guard lock(mutex_);
  return dead_ ? last_ : written_image();
}

Errno FakeDisk::open(const std::string& name, Mode mode, std::shared_ptr<File>& file) {
  const std::lock_guard lock(mutex_);
  if (const Errno code = begin("open", name); code != 0) return code;
  const auto found = names_.find(name);
  if (mode == Mode::existing) {
    if (found == names_.end()) return ENOENT;
    file = std::make_shared<FakeFile>(*this, name, found->second);
    return 0;
  }
  if (found != names_.end()) return EEXIST;
  names_[name] = std::make_shared<Inode>();
  past_names_.push_back(names_);
  file = std::make_shared<FakeFile>(*this, name, names_[name]);
  return 0;
}

Errno FakeDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (const Errno code = begin("rename", from); code != 0) return code;
  const auto found = names_.find(from);
  if (found == names_.end()) return ENOENT;
  names_[to] = found->second;
  names_.erase(from);
  past_names_.push_back(names_);
  return 0;
}

Errno FakeDisk::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const Errno code = begin("remove", name); code != 0) return code;
  if (names_.erase(name) == 0) return ENOENT;
  past_names_.push_back(names_);
  return 0;
}

Errno FakeDisk::list(std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  if (dead_) return EIO;
  names.clear();
  for (const auto& [name, inode] : names_) names.push_back(name);
  return 0;
}

Errno FakeDisk::sync_names() {
  const std::lock_guard lock(mutex_);
  if (const Errno code = begin("sync names", ""); code != 0) return code;
  durable_names_ = names_;
  past_names_.clear();
  return 0;
}

Errno FakeDisk::free_bytes(std::uint64_t& bytes) {
  const std::lock_guard lock(mutex_);
  if (dead_) return EIO;
  const std::uint64_t used = used_locked();
  bytes = limit_ == UINT64_MAX ? UINT64_MAX : limit_ - std::min(limit_, used);
  return 0;
}

}  // namespace journal::testing
