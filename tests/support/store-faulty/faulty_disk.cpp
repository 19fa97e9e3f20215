#include "faulty_disk.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <utility>

namespace faulty {

using journal::Errno;

namespace {
constexpr std::string_view kSaved = "saved-";
constexpr std::chrono::seconds kPatience{20};
}  // namespace

/// A file of the folder, as whoever opened it sees it.
class FaultyFile final : public journal::File {
 public:
  FaultyFile(FaultyDisk& disk, std::string name, std::shared_ptr<MediumFile> medium)
      : disk_(disk), name_(std::move(name)), medium_(std::move(medium)) {}

  Errno read(std::uint64_t at, std::span<char> into, std::size_t& got) override {
    got = 0;
    if (const Verdict verdict = disk_.begin(Call::read, name_); verdict.code != 0) return verdict.code;
    if (!disk_.hold_) return medium_->file().read(at, into, got);
    const std::lock_guard lock(disk_.mutex_);
    return medium_->read(at, into, got);
  }

  Errno write(std::uint64_t at, std::span<const std::string_view> pieces) override {
    const Verdict verdict = disk_.begin(Call::write, name_);
    if (verdict.code == 0 && verdict.end == Verdict::End::none) {
      if (!disk_.hold_) return medium_->file().write(at, pieces);
      return hold(at, pieces, SIZE_MAX);
    }
    std::size_t size = 0;
    for (const std::string_view piece : pieces) size += piece.size();
    if (verdict.end == Verdict::End::cut) hold(at, pieces, size);
    if (verdict.tears || verdict.end == Verdict::End::kill) part(at, pieces, size / 2);
    if (verdict.end != Verdict::End::none) disk_.end(verdict.end);
    return verdict.code;
  }

  Errno sync() override {
    const Verdict verdict = disk_.begin(Call::sync, name_);
    if (!disk_.hold_) return verdict.code != 0 ? verdict.code : medium_->file().sync();
    const std::lock_guard lock(disk_.mutex_);
    // A system that failed to write takes its pages for clean: the next sync finds nothing to do.
    if (verdict.code != 0) {
      medium_->settle(disk_.random_, 0.5);
      return verdict.code;
    }
    return medium_->settle(disk_.random_);
  }

  Errno allocate(std::uint64_t size) override {
    if (const Verdict verdict = disk_.begin(Call::allocate, name_); verdict.code != 0) return verdict.code;
    if (!disk_.hold_) return medium_->file().allocate(size);
    const std::lock_guard lock(disk_.mutex_);
    return medium_->hold_size(size);
  }
  Errno truncate(std::uint64_t size) override {
    if (const Verdict verdict = disk_.begin(Call::truncate, name_); verdict.code != 0) return verdict.code;
    const std::lock_guard lock(disk_.mutex_);
    return medium_->truncate(size);
  }
  Errno size(std::uint64_t& bytes) override {
    if (const Verdict verdict = disk_.begin(Call::size, name_); verdict.code != 0) return verdict.code;
    const std::lock_guard lock(disk_.mutex_);
    return medium_->size(bytes);
  }

 private:
  Errno hold(std::uint64_t at, std::span<const std::string_view> pieces, std::size_t bytes) {
    const std::lock_guard lock(disk_.mutex_);
    return medium_->hold(at, pieces, bytes);
  }
  void part(std::uint64_t at, std::span<const std::string_view> pieces, std::size_t bytes) {
    if (disk_.hold_) {
      hold(at, pieces, bytes);
      return;
    }
    std::string all;
    for (const std::string_view piece : pieces) all += piece;
    medium_->file().write(at, std::string_view(all).substr(0, bytes));
  }

  FaultyDisk& disk_;
  std::string name_;
  std::shared_ptr<MediumFile> medium_;
};

FaultyDisk::~FaultyDisk() {
  control_.reset();
  const std::lock_guard lock(mutex_);
  settle_all();
}

std::string FaultyDisk::open_locked() {
  if (std::string why = folder_.open_locked(); !why.empty()) return why;
  std::vector<std::string> names;
  folder_.list(names);
  for (const std::string& name : names) {
    if (name.starts_with(kSaved)) folder_.remove(name);
  }
  std::ifstream script(path_ + "/faults");
  for (std::string line; std::getline(script, line);) {
    if (const std::string said = answer(line); !said.starts_with("ok")) return path_ + "/faults: " + line + ": " + said;
  }
  control_ =
      std::make_unique<Control>(path_ + "/faults.sock", [this](const std::string& line) { return answer(line); });
  return control_->error();
}

// ---- what it is told

std::string FaultyDisk::answer(const std::string& line) {
  std::istringstream in(line);
  const std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
  const std::string verb = words.empty() ? "" : words[0];
  const std::string word = words.size() < 2 ? "" : words[1];
  if (verb == "clear") return "ok " + std::to_string(faults_.clear());
  if (verb == "hold") return word == "on" || word == "off" ? set_hold(word == "on") : "error hold on | off";
  if (verb == "cut" && word.empty()) cut();
  if (verb == "cut" && (word == "none" || word == "all")) cut(word == "all" ? 1 : 0);
  try {
    if (verb == "wait") return faults_.wait(std::stoull(word), kPatience) ? "ok" : "error it did not come to that";
    if (verb == "free") {
      free_ = word == "real" ? UINT64_MAX : std::stoull(word);
      return "ok";
    }
    if (verb == "seed") {
      const std::lock_guard lock(mutex_);
      random_.seed(static_cast<std::mt19937::result_type>(std::stoul(word)));
      return "ok";
    }
  } catch (const std::exception&) {
    return "error '" + word + "' is no number";
  }
  const std::string why = faults_.add(words);
  return why.empty() ? "ok" : "error " + why;
}

std::string FaultyDisk::set_hold(bool on) {
  const std::lock_guard lock(mutex_);
  hold_ = on;
  if (!on) settle_all();
  return "ok";
}

Verdict FaultyDisk::begin(Call call, std::string_view name) {
  const Verdict verdict = faults_.judge(call, name);
  if (verdict.delay.count() > 0) std::this_thread::sleep_for(verdict.delay);
  if (verdict.end != Verdict::End::none && call != Call::write) end(verdict.end);
  return verdict;
}

void FaultyDisk::end(Verdict::End how) {
  if (how == Verdict::End::cut) cut();
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

// ---- power

void FaultyDisk::cut() {
  double likelihood = 0;
  {
    const std::lock_guard lock(mutex_);
    const unsigned luck = random_() % 4;  // nothing came there, everything did, or some
    likelihood = luck == 0 ? 0 : luck == 1 ? 1 : std::uniform_real_distribution<>(0, 1)(random_);
  }
  cut(likelihood);
}

// Who else calls waits for the lock until there is nobody any more.
void FaultyDisk::cut(double likelihood) {
  mutex_.lock();
  for (const auto& [name, file] : files_) file->settle(random_, likelihood);
  // Names come to the medium in their order.
  const std::size_t most = changes_.size();
  const std::size_t stay = likelihood == 0 ? 0 : likelihood == 1 ? most : random_() % (most + 1);
  for (; changes_.size() > stay; changes_.pop_back()) undo(changes_.back());
  end(Verdict::End::kill);
}

void FaultyDisk::undo(const Change& change) {
  if (change.from.empty()) {
    folder_.remove(change.to);
  } else if (!change.to.empty()) {
    folder_.rename(change.to, change.from);
    if (!change.saved.empty()) folder_.rename(change.saved, change.to);
  } else {
    folder_.rename(change.saved, change.from);
  }
}

void FaultyDisk::settle_names() {
  for (const Change& change : changes_) {
    if (!change.saved.empty()) folder_.remove(change.saved);
  }
  changes_.clear();
}

void FaultyDisk::settle_all() {
  for (const auto& [name, file] : files_) file->settle(random_);
  settle_names();
}

// ---- names

Errno FaultyDisk::open(const std::string& name, Mode mode, std::shared_ptr<journal::File>& file) {
  if (const Verdict verdict = begin(Call::open, name); verdict.code != 0) return verdict.code;
  const std::lock_guard lock(mutex_);
  auto known = mode == Mode::existing ? files_.find(name) : files_.end();
  if (known == files_.end()) {
    std::shared_ptr<journal::File> real;
    if (const Errno code = folder_.open(name, mode, real); code != 0) return code;
    known = files_.insert_or_assign(name, std::make_shared<MediumFile>(std::move(real))).first;
    if (hold_ && mode == Mode::create) changes_.push_back({{}, name, {}});
  }
  file = std::make_shared<FaultyFile>(*this, name, known->second);
  return 0;
}

/// Gives the file another name instead of removing it; none is no error.
Errno FaultyDisk::save(const std::string& name, std::string& saved) {
  saved = std::string(kSaved) + std::to_string(++last_saved_);
  const Errno code = folder_.rename(name, saved);
  if (code != 0) saved.clear();
  return code;
}

Errno FaultyDisk::rename(const std::string& from, const std::string& to) {
  if (const Verdict verdict = begin(Call::rename, from); verdict.code != 0) return verdict.code;
  const std::lock_guard lock(mutex_);
  std::string saved;
  if (hold_) {
    if (const Errno code = save(to, saved); code != 0 && code != ENOENT) return code;
  }
  if (const Errno code = folder_.rename(from, to); code != 0) {
    if (!saved.empty()) folder_.rename(saved, to);
    return code;
  }
  if (hold_) changes_.push_back({from, to, saved});
  files_.erase(to);
  if (auto moved = files_.extract(from)) {
    moved.key() = to;
    files_.insert(std::move(moved));
  }
  return 0;
}

Errno FaultyDisk::remove(const std::string& name) {
  if (const Verdict verdict = begin(Call::remove, name); verdict.code != 0) return verdict.code;
  const std::lock_guard lock(mutex_);
  files_.erase(name);
  if (!hold_) return folder_.remove(name);
  std::string saved;
  const Errno code = save(name, saved);
  if (code == 0) changes_.push_back({name, {}, saved});
  return code;
}

Errno FaultyDisk::list(std::vector<std::string>& names) {
  if (const Verdict verdict = begin(Call::list, ""); verdict.code != 0) return verdict.code;
  const Errno code = folder_.list(names);
  std::erase_if(names, [](const std::string& name) { return name.starts_with(kSaved) || name.starts_with("faults"); });
  return code;
}

Errno FaultyDisk::sync_names() {
  if (const Verdict verdict = begin(Call::sync_names, ""); verdict.code != 0) return verdict.code;
  if (!hold_) return folder_.sync_names();
  const std::lock_guard lock(mutex_);
  settle_names();
  return 0;
}

Errno FaultyDisk::free_bytes(std::uint64_t& bytes) {
  if (const Verdict verdict = begin(Call::free_bytes, ""); verdict.code != 0) return verdict.code;
  bytes = free_;
  return bytes != UINT64_MAX ? 0 : folder_.free_bytes(bytes);
}

}  // namespace faulty
