// What goes wrong with a disk and when, as a test says it in lines of text.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace faulty {

enum class Call { open, rename, remove, list, sync_names, free_bytes, read, write, sync, allocate, truncate, size };

/// What becomes of one call.
struct Verdict {
  int code = 0;        // an errno: it fails
  bool tears = false;  // a part of it is done before
  std::chrono::milliseconds delay{0};
  enum class End { none, kill, cut } end = End::none;  // of the process, in the middle of it
};

/// Rules, each a line:
///
///   fail CALLS ERRNO [OPTIONS]    they fail with it: EIO, ENOSPC, or a number
///   tear CALLS ERRNO [OPTIONS]    the same, and writes do the first half before
///   delay CALLS MS [OPTIONS]      they take that much longer
///   cut CALLS [OPTIONS]           the power goes in the middle of one
///   kill CALLS [OPTIONS]          the process is killed in the middle of one
///
/// CALLS is any, or some of open rename remove list sync_names free_bytes read write sync allocate truncate size, with
/// commas between them; any leaves out free_bytes and size. OPTIONS: `after N` lets N of them pass first, `times N`
/// ends the rule after N, `of PREFIX` is for files named like that. The first rule that fits judges a call.
///
/// Any thread may call.
class Faults {
 public:
  Verdict judge(Call call, std::string_view name);
  /// Takes a rule; the sentence of what is wrong with it, or empty.
  std::string add(const std::vector<std::string>& words);
  /// No rules any more; answers how often they struck.
  std::uint64_t clear();
  /// Waits until they struck so often since the last clear(); whether they did.
  bool wait(std::uint64_t strikes, std::chrono::milliseconds patience);

 private:
  struct Rule {
    std::uint32_t calls = 0;  // a bit for each
    Verdict verdict;
    std::uint64_t after = 0;
    std::uint64_t times = UINT64_MAX;
    std::string of;
  };
  static std::string read_options(const std::vector<std::string>& words, std::size_t at, Rule& rule);

  std::mutex mutex_;
  std::condition_variable struck_;
  std::vector<Rule> rules_;
  std::uint64_t strikes_ = 0;
};

}  // namespace faulty
