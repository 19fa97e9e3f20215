// The thread that files are written by, since disks make one wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <trellis/handler.hpp>
#include <utility>
#include <vector>

#include "common/verdict/delivery_metrics.hpp"
#include "line_file.hpp"
#include "target.hpp"

namespace files {

struct Metrics {
  common::DeliveryMetrics events;
  trellis::Metric bytes;
  trellis::Metric syncs;
  trellis::Metric rotations;
  trellis::Metric removed;
  trellis::Metric waiting;  // events

  static Metrics declare(const trellis::Host& host);
};

/// start() and stop() are [control]; put() and close() are [any]. What waits when it stops is for later.
class Writer {
 public:
  struct Job {
    std::shared_ptr<const Target> target;
    std::string lines;
    std::vector<trellis::Settlement> events;
  };

  Writer(const trellis::Host& host, const Settings& settings, const Metrics& metrics)
      : host_(host), settings_(settings), metrics_(metrics) {}
  ~Writer() { stop(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  trellis::Result<void> start();
  void stop();
  /// Why not, and the job is left alone, where too many wait or nothing is taken any more.
  std::optional<common::Verdict> put(Job& job);
  /// A destination of that file is gone; the last one takes the file with it.
  void close(const std::string& name);
  /// No destination is left, and none will come: the thread writes what waits and ends. [any]
  void finish();

 private:
  struct Open {
    Descriptor folder;
    std::optional<LineFile> file;
    std::string name;  // without its folder
  };

  /// What became of a group: so many of its jobs are on the medium, and why the rest is not.
  struct Written {
    std::size_t jobs = 0;
    trellis::Result<void> rest = trellis::ok();
  };
  /// Files that were put aside, to be compressed and thinned out.
  struct Aside {
    std::string folder;
    std::string file;
    std::uint32_t kept = 0;
    bool compressed = false;
  };

  void run();
  void write(std::vector<Job> jobs);
  Written write_lines(const std::vector<Job>& jobs);
  trellis::Result<Open*> opened(const Target& target);
  trellis::Result<void> make_room(Open& open, const Target& target, std::size_t more);
  trellis::Result<void> keep_newest(const Descriptor& folder, const std::string& file, std::uint32_t kept);
  void tidy_later(const Target& target);
  void tidy();
  trellis::Result<bool> tidy_one(const Aside& aside);
  void settle(std::vector<Job> jobs, const Written& written);
  std::int64_t let_go(const Job& job);
  void give_back(Job job, const common::Verdict& verdict);
  void complain(const std::string& sentence);

  const trellis::Host host_;
  const Settings settings_;
  const Metrics metrics_;

  std::mutex mutex_;  // guards all below, up to the thread's own
  std::condition_variable wake_;
  std::map<std::string, std::vector<Job>> waiting_;  // by file
  std::deque<std::string> turns_;                    // whose turn it is
  std::vector<std::string> closing_;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
  bool stopping_ = true;
  bool finishing_ = false;
  std::thread thread_;  // of start() and stop()

  // The thread's own.
  Descriptor root_;
  std::map<std::string, Open> open_;
  std::map<std::string, Aside> untidy_;  // by file
  std::string last_complaint_;
};

}  // namespace files
