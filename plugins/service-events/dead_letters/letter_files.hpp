/// The thread that dead letters are written and read by, since disks and stores of others make one wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <trellis/host.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "letter_id.hpp"
#include "letter_place.hpp"
#include "seldom.hpp"

namespace events_service {

/// start() and stop() are [control]; what is done with a place happens on the thread; the rest is [any].
///
/// What waits when it stops is thrown away uncalled: dead letters are in their queues still, and are buried by the next
/// process.
class LetterFiles {
 public:
  struct Options {
    std::size_t letters = 0;                    ///< most that wait
    std::size_t bytes = 0;                      ///< of them
    std::function<void()> interrupt = nullptr;  ///< ends what the place waits for, when this stops
  };
  struct Letter {
    std::string record;
    std::int64_t unix_ms = 0;
    std::uint32_t shard = 0;              ///< where done is called
    std::function<void(bool kept)> done;  ///< destroyed wherever it happens to be
  };
  using Job = std::function<void(const LetterPlace&)>;

  LetterFiles(const trellis::Host& host, std::unique_ptr<const LetterPlace> place, Options options)
      : host_(host), options_(std::move(options)), place_(std::move(place)) {}
  ~LetterFiles() { stop(); }

  void start();
  void stop();

  /// Those of one folder that wait together come into one file. False, and nothing happens, where too many wait.
  bool bury(const std::string& folder, Letter letter);
  /// The job is done behind those that wait. False where too many do, unless it has to be done.
  bool post(Job job, bool has_to_be = false);
  /// For who is to be the only one at that file. False where somebody is.
  bool claim(const std::string& file);
  void release(const std::string& file);

 private:
  static constexpr std::size_t kLettersOfFile = 1000;
  static constexpr std::size_t kBytesOfFile = std::size_t{8} << 20U;

  void run();
  void do_one(std::unique_lock<std::mutex>& lock);
  std::vector<Letter> take(const std::string& folder);
  void write(const std::string& folder, std::vector<Letter> letters);
  void complain(const std::string& sentence);
  bool stops();

  const trellis::Host host_;
  const Options options_;
  const std::unique_ptr<const LetterPlace> place_;

  std::mutex mutex_;  // guards all below, up to the thread's own
  std::condition_variable wake_;
  std::unordered_map<std::string, std::deque<Letter>> waiting_;  // by folder
  std::deque<std::string> folders_;                              // which of them, in turn
  std::deque<Job> jobs_;
  bool job_next_ = false;  // jobs and files take turns
  std::set<std::string> claimed_;
  std::size_t letters_ = 0;
  std::size_t bytes_ = 0;
  bool stopping_ = true;
  std::thread thread_;  // of start() and stop()

  // The thread's own.
  LetterIds ids_;
  Seldom complaints_;
};

}  // namespace events_service
