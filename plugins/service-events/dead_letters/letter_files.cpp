#include "letter_files.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace events_service {
namespace {

constexpr std::size_t kMostJobs = 1000;

std::int64_t monotonic_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void LetterFiles::start() {
  const std::lock_guard lock(mutex_);
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
}

void LetterFiles::stop() {
  decltype(waiting_) letters;
  decltype(jobs_) jobs;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    letters.swap(waiting_);
    jobs.swap(jobs_);
    folders_.clear();
    letters_ = bytes_ = 0;
  }
  wake_.notify_one();
  if (options_.interrupt) options_.interrupt();
  if (thread_.joinable()) thread_.join();
}

bool LetterFiles::stops() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool LetterFiles::bury(const std::string& folder, Letter letter) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t size = letter.record.size();
    const bool full = letters_ >= options_.letters || (letters_ > 0 && bytes_ + size > options_.bytes);
    if (stopping_ || full) return false;
    auto& queue = waiting_[folder];
    if (queue.empty()) folders_.push_back(folder);
    queue.push_back(std::move(letter));
    ++letters_;
    bytes_ += size;
  }
  wake_.notify_one();
  return true;
}

bool LetterFiles::claim(const std::string& file) {
  const std::lock_guard lock(mutex_);
  return claimed_.insert(file).second;
}

void LetterFiles::release(const std::string& file) {
  const std::lock_guard lock(mutex_);
  claimed_.erase(file);
}

bool LetterFiles::post(Job job, bool has_to_be) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (jobs_.size() >= kMostJobs && !has_to_be)) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void LetterFiles::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty() || !folders_.empty(); });
    if (stopping_) return;
    try {
      do_one(lock);
    } catch (const std::exception& error) {
      complain(error.what());
    }
    if (!lock.owns_lock()) lock.lock();
  }
}

void LetterFiles::do_one(std::unique_lock<std::mutex>& lock) {
  const bool job_now = !jobs_.empty() && (job_next_ || folders_.empty());
  job_next_ = !job_now;
  if (job_now) {
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    return job(*place_);
  }
  const std::string folder = std::move(folders_.front());
  folders_.pop_front();
  std::vector<Letter> letters = take(folder);
  lock.unlock();
  write(folder, std::move(letters));
}

// As many as one file has. Called with the lock held.
std::vector<LetterFiles::Letter> LetterFiles::take(const std::string& folder) {
  auto& queue = waiting_[folder];
  std::vector<Letter> taken;
  std::size_t bytes = 0;
  while (!queue.empty() && taken.size() < kLettersOfFile) {
    const std::size_t size = queue.front().record.size();
    if (!taken.empty() && bytes + size > kBytesOfFile) break;
    bytes += size;
    taken.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  letters_ -= taken.size();
  bytes_ -= bytes;
  if (queue.empty()) {
    waiting_.erase(folder);
  } else {
    folders_.push_back(folder);
  }
  return taken;
}

void LetterFiles::write(const std::string& folder, std::vector<Letter> letters) {
  bool kept = false;
  try {
    std::string text;
    for (Letter& letter : letters) {
      text.append(text.empty() ? "[\n" : ",\n").append(letter.record);
      std::string().swap(letter.record);
    }
    text += "\n]\n";
    const auto written = place_->write(folder, ids_.make(letters.back().unix_ms), text);
    kept = written.has_value();
    if (!kept && stops()) return;  // they are in their queues still
    if (!kept) complain(written.error().text);
  } catch (const std::exception& error) {  // there was no memory for it
    complain(error.what());
  }
  for (Letter& letter : letters) host_.post(letter.shard, [done = std::move(letter.done), kept] { done(kept); });
}

void LetterFiles::complain(const std::string& sentence) {
  std::uint64_t unsaid = 0;
  if (!complaints_.now(monotonic_ms(), unsaid)) return;
  host_.log(trellis::Level::error, "dead letters cannot be written, and are tried again",
            {{"error", sentence}, {"failures_not_logged", unsaid}});
}

}  // namespace events_service
