/// Dead letters in files go back into the queue of their event subscription.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "answer.hpp"
#include "directory.hpp"
#include "letter_files.hpp"

namespace events_service {

class Events;

/// What became of it.
struct Redriven {
  std::size_t redriven = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;  ///< events that are no dead letters, or files that cannot be read
  bool more = false;        ///< there may be others
};
std::string redrive_answer(const Redriven& what);

/// Files go back whole, the oldest first, until there are as many letters as were asked for. They are removed when
/// their events are kept; a crash between the two leaves both.
class FileRedrive {
 public:
  struct Asked {
    LetterFiles* files = nullptr;  ///< where they lie
    std::string folder;
    std::string id;  ///< of one file; empty: of all
    std::uint32_t most = 0;
    std::shared_ptr<const TopicView> topic;
    SubscriptionId subscription = 0;
    std::shared_ptr<Answer> answer;
  };
  /// For the thread of the files.
  static LetterFiles::Job job(Events& plugin, Asked asked);
};

}  // namespace events_service
