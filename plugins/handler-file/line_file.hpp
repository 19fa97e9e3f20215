// One file of lines that grows, and is put aside when it is full.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

#include "descriptor.hpp"
#include "target.hpp"

namespace files {

/// Of one thread. Nobody else writes the file while it is open: it is locked.
class LineFile {
 public:
  /// What a crash left of a line is cut off. Status::unavailable where another one has the file.
  static trellis::Result<LineFile> open(const Descriptor& folder, const std::string& name);

  /// How many bytes opening it cut off.
  std::uint64_t cut() const noexcept { return cut_; }
  /// Whether it has to be put aside before so many bytes more.
  bool is_full(const Target& target, std::size_t more, std::chrono::milliseconds wall) const noexcept;
  /// Under another name: this object is done with. Answers that name.
  trellis::Result<std::string> put_aside(const Descriptor& folder, std::chrono::milliseconds wall);
  /// Whole lines, or none of them. They survive power loss once sync() returned.
  trellis::Result<void> append(std::string_view lines);
  /// After a failure nobody knows what is on the medium: it has to be opened anew.
  trellis::Result<void> sync();

 private:
  LineFile(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  trellis::Result<void> cut_tail();
  void read_age();

  Descriptor file_;
  std::string name_;
  std::uint64_t size_ = 0;
  std::uint64_t cut_ = 0;
  std::chrono::milliseconds born_{0};  // Unix time
};

}  // namespace files
