/// The files with dead letters: <root>/<folder>/<year>/<month>/<day>/<hour>/<id>.json, hours of UTC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <utility>

namespace events_service {

/// A name as one part of a path, whatever it is: all but letters, digits, '-' and '_' is written as %2E.
std::string path_part(std::string_view name);

/// Blocks: of a thread that may. Sentences of failures name the path and say what the system says.
class LetterTree {
 public:
  /// The root has to be there: a disk that is not mounted is not to be mistaken for an empty one.
  explicit LetterTree(std::string root) : root_(std::move(root)) {}

  /// Survives power loss when this returns. The file has its name once it is whole; what a crash leaves of others
  /// begins with a dot.
  trellis::Result<void> write(std::string_view folder, std::string_view id, std::string_view text) const;
  /// Status::no_match where it is not there.
  trellis::Result<std::string> read(std::string_view folder, std::string_view id, std::size_t most_bytes) const;
  /// With the folders that are empty then.
  trellis::Result<void> remove(std::string_view folder, std::string_view id) const;
  /// Calls function(id) for each file, the oldest first, from that id on (empty: all), until it says false.
  trellis::Result<void> for_each(std::string_view folder, std::string_view from,
                                 const std::function<bool(const std::string& id)>& function) const;

 private:
  std::string folder_path(std::string_view folder) const { return root_ + '/' + std::string(folder); }

  std::string root_;
};

}  // namespace events_service
