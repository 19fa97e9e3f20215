// The journal seen as a whole: what it holds, and compaction.
#include <utility>

#include "journal.hpp"
#include "segment_reader.hpp"

namespace journal {

/// Calls function() on this thread while the committer stands still.
void Journal::hold(const std::function<void()>& function) {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable moved;
    bool held = false;
    bool over = false;
    void set(bool& what) {
      const std::lock_guard lock(mutex);
      what = true;
      moved.notify_one();
    }
    void wait(const bool& what) {
      std::unique_lock lock(mutex);
      moved.wait(lock, [&] { return what; });
    }
  };
  const auto meeting = std::make_shared<Meeting>();
  post([meeting] {
    meeting->set(meeting->held);
    meeting->wait(meeting->over);
  });
  meeting->wait(meeting->held);
  const struct Release {  // also where function() throws
    ~Release() { at.set(at.over); }
    Meeting& at;
  } release{*meeting};
  function();
}

void Journal::look(const std::function<void(const Index&)>& function) {
  hold([&] { function(index_); });
}

bool Journal::records(const std::function<void(std::string_view, std::string_view)>& function) {
  bool good = true;
  hold([&] {
    std::string bytes;
    index_.records().each([&](const RecordTable::Record& record) {
      const std::string_view key = record.key();
      bytes.resize(4 + key.size() + record.size);
      std::size_t got = 0;
      const Errno code = ledger_.at(record.place.segment).file->read(record.place.offset, bytes, got);
      const std::string_view all(bytes);
      const bool whole = code == 0 && got == bytes.size() && all.substr(4, key.size()) == key &&
                         load<std::uint32_t>(all.data()) == crc32c(all.substr(4));
      if (whole) return function(key, all.substr(4 + key.size()));
      good = false;
      listener_.log(Severity::error,
                    folder_ + "/" + segment_name(record.place.segment) + ": at offset " +
                        std::to_string(record.place.offset) + ": a record of " + std::to_string(record.size) +
                        " bytes is damaged and left out; `trellis store verify " + folder_ + "` looks at everything");
    });
  });
  return good;
}

std::string Journal::why_no_compaction() const {
  if (failing_) return folder_ + ": writing fails, the log says why";
  if (!no_space_) return {};
  return folder_ + ": the disk has no room for another segment of " + std::to_string(options_.segment_bytes) +
         " bytes, and what lives is moved into one; make room for it and compact again";
}

std::string Journal::compact() {
  std::string why;
  std::uint64_t failures = 0;
  call([&] {
    rewrite_all_ = current_;
    failures = checkpoint_failures_;
  });
  // Each checkpoint frees what was empty before it, if there is an older one behind which that lies.
  for (int round = 0; round < 3 && why.empty(); ++round) {
    bool done = false;
    while (!done) {
      call([&] {
        why = why_no_compaction();
        done = !why.empty() || (rewriting_ == 0 && pick_segment() == 0);
      });
      if (!done) std::this_thread::yield();
    }
    std::uint64_t before = 0;
    call([&] {
      before = checkpoints_.front().first;
      want_checkpoint_ = true;
    });
    done = !why.empty();
    while (!done) {
      call([&] {
        why = why_no_compaction();
        if (checkpoint_failures_ > failures) why = folder_ + ": a checkpoint cannot be written, the log says why";
        done = !why.empty() || (checkpoints_.front().first > before && !checkpointing_);
      });
      if (!done) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  call([&] { rewrite_all_ = 0; });
  return why;
}

}  // namespace journal
