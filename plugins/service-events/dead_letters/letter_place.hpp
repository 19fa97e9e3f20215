/// Where dead letters lie: <folder>/<year>/<month>/<day>/<hour>/<id>.json, hours of UTC.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

namespace events_service {

/// A name as one part of a path, whatever it is: all but letters, digits, '-' and '_' is written as %2E.
std::string path_part(std::string_view name);

/// Of the file with that id, its folder in front; nothing where it is no id.
std::optional<std::string> letter_path(std::string_view folder, std::string_view id);

/// Blocks: of a thread that may. Sentences of failures say where and what.
class LetterPlace {
 public:
  LetterPlace() = default;
  LetterPlace(const LetterPlace&) = delete;
  LetterPlace& operator=(const LetterPlace&) = delete;
  virtual ~LetterPlace() = default;

  /// Survives power loss when this returns. The file has its name once it is whole.
  virtual trellis::Result<void> write(std::string_view folder, std::string_view id, std::string_view text) const = 0;
  /// Status::no_match where it is not there.
  virtual trellis::Result<std::string> read(std::string_view folder, std::string_view id,
                                            std::size_t most_bytes) const = 0;
  virtual trellis::Result<void> remove(std::string_view folder, std::string_view id) const = 0;
  /// Calls function(id) for each file, the oldest first, from that id on (empty: all), until it says false.
  trellis::Result<void> for_each(std::string_view folder, std::string_view from,
                                 const std::function<bool(const std::string& id)>& function) const;

 protected:
  /// Of files and folders, in any order; none where there is no such folder.
  virtual trellis::Result<std::vector<std::string>> names_in(const std::string& path) const = 0;
};

}  // namespace events_service
