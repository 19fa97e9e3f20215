// Gets the bodies of entries from their segments.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "disk.hpp"
#include "index.hpp"

namespace journal {

struct ReadEntry {
  std::uint64_t number = 0;
  std::string_view body;
  std::string_view extra;
  Note note;
};

/// What a read() selected, with the files it lies in: those may be unlinked meanwhile.
struct ReadPlan {
  std::uint64_t queue = 0;
  std::uint64_t bytes = 0;  // of bodies and extras; at least one entry comes all the same
  std::vector<Wanted> wanted;
  std::map<std::uint32_t, std::shared_ptr<File>> files;
};

/// The result of one plan; the entries point into it.
class ReadResult {
 public:
  /// False where something could not be read or is not what the index says; why() is a sentence then.
  bool read(const ReadPlan& plan);
  const std::vector<ReadEntry>& entries() const noexcept { return entries_; }
  const std::string& why() const noexcept { return why_; }

 private:
  bool take(const ReadPlan& plan, const Wanted& wanted, std::string_view window, std::uint64_t window_at);
  std::string_view fetch(File& file, std::uint64_t at, std::size_t size);
  bool fail(const Wanted& wanted, const std::string& why);

  std::vector<std::unique_ptr<char[]>> memory_;
  std::vector<ReadEntry> entries_;
  std::uint64_t bytes_ = 0;  // of those
  std::string why_;
};

}  // namespace journal
