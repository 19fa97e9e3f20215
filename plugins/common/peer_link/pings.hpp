// Questions whether the peer is there, which confirm what has no answer of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

namespace peer_link {

class Link;

/// Of one connection. An answer means that all arrived that was sent before its question.
class Pings {
 public:
  /// question: as it is written. confirms: events have no other answer.
  Pings(Link& link, std::string_view question, bool confirms) : link_(link), question_(question), confirms_(confirms) {}

  void ask() { ask_for(0); }
  /// An event of that number was sent. One question at a time: its answer asks the next, about all that was sent
  /// meanwhile.
  void sent(std::uint64_t number) {
    if (confirms_ && asked_.empty()) ask_for(number);
  }
  /// False where nothing was asked.
  bool answered();

 private:
  void ask_for(std::uint64_t number);

  Link& link_;
  const std::string_view question_;
  const bool confirms_;
  std::deque<std::uint64_t> asked_;  // what each confirms: all up to that number
};

}  // namespace peer_link
