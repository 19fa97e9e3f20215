/// The files with dead letters, below a folder of the machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "folder_size.hpp"
#include "letter_place.hpp"

namespace events_service {

/// Sentences of failures name the path and say what the system says. What a crash leaves of files that were not whole
/// begins with a dot.
class LetterTree final : public LetterPlace {
 public:
  enum class Root : std::uint8_t {
    is_there,  ///< or nothing is written: a disk that is not mounted is not to be mistaken for an empty one
    is_made    ///< with the first letter, in a folder that is there
  };
  /// most_bytes: of all files below the root; no more are written then.
  explicit LetterTree(std::string root, Root how = Root::is_there, std::uint64_t most_bytes = UINT64_MAX)
      : root_(std::move(root)), how_(how), size_(most_bytes) {}

  trellis::Result<void> write(std::string_view folder, std::string_view id, std::string_view text) const override;
  trellis::Result<std::string> read(std::string_view folder, std::string_view id,
                                    std::size_t most_bytes) const override;
  /// With the folders that are empty then.
  trellis::Result<void> remove(std::string_view folder, std::string_view id) const override;

 private:
  trellis::Result<std::vector<std::string>> names_in(const std::string& below) const override;

  const std::string root_;
  const Root how_;
  mutable FolderSize size_;  // what is known of the disk
};

}  // namespace events_service
