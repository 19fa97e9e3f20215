// From files to an index: the newest good checkpoint, then what the journal holds behind it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "disk.hpp"
#include "index.hpp"
#include "ledger.hpp"

namespace journal {

/// Bytes that count, and of which nothing says that they are on the medium.
struct Unproven {
  std::uint32_t segment = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What a start finds.
struct Recovered {
  std::uint64_t store_id = 0;
  std::uint64_t next_sequence = 1;
  std::uint32_t last_segment = 0;          // that counts, 0: none
  std::uint64_t last_end = 0;              // up to where it does
  std::uint32_t highest_number = 0;        // of any file
  std::vector<std::uint64_t> checkpoints;  // good ones, the newest first
  std::vector<Place> tails;                // of those
  std::uint64_t checkpoint_bytes = 0;      // of the newest good one
  std::uint64_t checkpoint_most = 0;       // most_encoded() of its index
  std::vector<std::string> leftovers;      // files that mean nothing
  std::vector<std::string> reports;        // what was found and put right, as sentences
  std::vector<Unproven> unproven;          // in order
  std::uint64_t replayed_bytes = 0;
  std::uint32_t oldest_version = kVersion;  // of the files that count
  bool fresh = false;                       // nothing there
  bool cut = false;                         // a damaged tail ends at last_end
};

/// Fills an empty ledger and index. The sentence of why that cannot be, or empty. Changes nothing on disk.
/// `folder` is for the sentences.
std::string recover(Disk& disk, const std::string& folder, Ledger& ledger, Index& index, Recovered& found);

}  // namespace journal
