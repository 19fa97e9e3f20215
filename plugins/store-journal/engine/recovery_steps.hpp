// The steps of one start, for recovery.cpp and recovery_replay.cpp.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint.hpp"
#include "format.hpp"
#include "recovery.hpp"

namespace journal {

struct Candidate {
  std::shared_ptr<File> file;
  std::uint64_t size = 0;
  SegmentHeader header;
  Found found = Found::zero;
};

/// One start. Errors name file, offset, what was found and the command that helps.
class Recovery {
 public:
  Recovery(Disk& disk, const std::string& folder, Ledger& ledger, Index& index, Recovered& out)
      : disk_(disk), folder_(folder), ledger_(ledger), index_(index), out_(out) {}

  std::string run();

 private:
  // recovery.cpp: what there is
  std::string helped(const std::string& sentence) const;
  std::string in_file(const std::string& name) const;
  std::string pick_checkpoint(const std::vector<std::string>& names);
  std::string take_checkpoint();
  std::string open_segments(const std::vector<std::string>& names);
  /// The segments that count, from the last one back to that of the checkpoint; each with its end. Where one in
  /// between never reached the medium, those behind it cannot count either.
  std::string chain();
  bool walk_back(std::uint32_t number, std::uint32_t wanted);
  std::string missing(std::uint32_t number) const;
  bool in_chain(std::uint32_t number) const;
  std::string check_places();

  // recovery_replay.cpp: what of it counts
  std::string replay();
  std::string replay_segment(std::size_t i, std::uint64_t at, std::uint64_t end);
  /// Everything up to that sequence was on the medium.
  void prove(std::uint64_t sequence);
  /// What the process before read back from memory may be there and nowhere else: after a sync that failed the system
  /// calls it clean. A checkpoint and what names a sequence as synced were written only after a sync that did not.
  void note_unproven();
  /// The journal ends there: cut where it can be a tail that never reached the medium, refused where something says
  /// that it did.
  std::string end_at(std::size_t i, std::uint64_t at, const std::string& why, bool quiet = false);
  /// Segments that were begun and do not count: prepared ones, and those behind a cut.
  std::string drop_others();

  Disk& disk_;
  const std::string& folder_;
  Ledger& ledger_;
  Index& index_;
  Recovered& out_;
  Checkpoint start_;
  std::uint64_t claimed_ = 0;
  std::uint64_t proven_ = 0;
  std::deque<std::pair<std::uint64_t, Unproven>> unproven_;  // chunks replayed behind that, by sequence
  std::map<std::uint32_t, Candidate> candidates_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> chain_;
};

}  // namespace journal
