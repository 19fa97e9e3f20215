/// Those who wait for changes of a collection.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <trellis/service.hpp>
#include <vector>

#include "context.hpp"
#include "route.hpp"
#include "token_shares.hpp"

namespace management {

/// The waiting of one shard. Its destructor answers them.
class Waitlist {
 public:
  Waitlist(const Context& context, TokenShares& shares) : context_(context), shares_(shares) {}
  Waitlist(const Waitlist&) = delete;
  Waitlist& operator=(const Waitlist&) = delete;
  ~Waitlist() { answer_all(); }

  /// Answers at once where there is something to tell already, or nobody may wait any more.
  void watch(const trellis::Request& request, trellis::Reply reply, const Route& route, std::size_t token);
  /// There are changes.
  void look();
  /// The broker stops: they ask again, elsewhere.
  void answer_all();

 private:
  struct Waiting {
    Route route;
    trellis::Reply reply;
    std::uint64_t position;
    std::size_t token;
    trellis::Timer timer = {};
  };
  using Place = std::list<Waiting>::iterator;

  /// What is told to all who watch the same from the same position on.
  struct Built {
    std::string base, name_space, type, parent;
    std::uint64_t position;
    std::string text;
  };
  using Memory = std::vector<Built>;

  /// Whether there was anything to tell. memory: answers that were built in the same turn.
  bool answer_changes(Waiting& waiting, Memory& memory);
  /// Text of an answer, with as much of the window as it takes.
  std::string build(const Waiting& waiting, const ChangeRing::Window& window) const;
  void answer_nothing(Waiting& waiting);
  void leave(Place place);

  const Context& context_;
  TokenShares& shares_;
  std::list<Waiting> waiting_;
  bool closed_ = false;
};

}  // namespace management
