// A moment of the journal for those who copy it. Nobody waits for them: what lies before the moment is written already
// and is not written again, so that only the names and lengths of files are noted.
#include <algorithm>
#include <future>
#include <utility>

#include "format.hpp"
#include "journal.hpp"

namespace journal {

std::string Journal::cut(Cut& out) {
  std::promise<std::string> promise;
  std::future<std::string> answer = promise.get_future();
  post([&] { begin_cut(out, [&](std::string why) { promise.set_value(std::move(why)); }); });
  return answer.get();
}

void Journal::begin_cut(Cut& out, std::function<void(std::string why)> answer) {
  if (cut_answer_) return answer(folder_ + ": somebody waits for this already");
  if (failing_) return answer(folder_ + ": writing fails, the log says why");
  out = {next_sequence_, {}};
  for (const auto& [number, segment] : ledger_.all()) {
    if (segment.file != nullptr) out.parts.push_back({segment_name(number), segment.file, segment.length});
  }
  // What is behind the newest checkpoint is read from the segments, so nothing has to be encoded for this.
  Cut::Part checkpoint{checkpoint_name(checkpoints_.front().first), nullptr, 0};
  Errno code = disk_.open(checkpoint.name, Disk::Mode::existing, checkpoint.file);
  if (code == 0) code = checkpoint.file->size(checkpoint.size);
  if (code != 0) return answer(folder_ + "/" + checkpoint.name + " cannot be read: " + errno_text(code));
  cut_checkpoint_ = checkpoint.file;
  out.parts.push_back(std::move(checkpoint));
  cut_through_ = next_sequence_ - 1;
  wanted_sync_ = std::max(wanted_sync_, cut_through_);
  cut_answer_ = std::move(answer);
}

void Journal::look_at_cut() {
  if (cut_answer_ && synced_ >= cut_through_) end_cut({});
}

void Journal::end_cut(const std::string& why) {
  if (cut_answer_) std::exchange(cut_answer_, nullptr)(why);
}

}  // namespace journal
