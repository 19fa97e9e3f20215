// What is done to a store that no broker uses: verify, save what can be read, copy it out and in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "changes.hpp"
#include "disk.hpp"
#include "index.hpp"
#include "ledger.hpp"
#include "recovery.hpp"

namespace journal {

/// Everything wrong with the store, each as a sentence; reads every chunk, entry and record that counts.
std::vector<std::string> verify(Disk& disk, const std::string& folder);

/// What of all that an index names cannot be read, each as a sentence. goes_on() is asked between.
std::vector<std::string> check_contents(const Ledger& ledger, Index& index, const std::function<bool()>& goes_on);

/// Whether all checkpoints are of versions that are not read here: the sentence that says so, or empty.
std::string foreign_store(Disk& disk, const std::string& folder);

/// Fills an empty ledger and index with whatever can be read, passing over what cannot; each of that as a sentence.
/// Things may be there again that were over: what said so may be lost.
std::vector<std::string> salvage(Disk& disk, const std::string& folder, Ledger& ledger, Index& index);

/// Hands out all that is kept as chunks that make it again, and the sentences of what cannot be read.
std::vector<std::string> copy_out(const Ledger& ledger, Index& index, const std::function<bool(ChunkWriter&&)>& sink);

/// A file of such chunks, whole: the header of a segment of the store 0, then chunks counted from 1.
class Archive {
 public:
  explicit Archive(File& file) : file_(file) {}
  Errno begin();
  Errno add(ChunkWriter&& chunk);
  Errno end() { return file_.sync(); }
  /// Every chunk's payload in order; the sentence of what is wrong, or empty. `sink` answers false to stop.
  std::string read(const std::function<bool(std::string_view payload)>& sink);

 private:
  File& file_;
  std::uint64_t at_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace journal
