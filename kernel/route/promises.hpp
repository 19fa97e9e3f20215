/// Room in queues that refuse publishers once they are full, promised to messages that are on their way there.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <span>

#include "queue/subscriber.hpp"

namespace trellis::kernel {

class Handover;

/// For one run of messages, for as long as its publisher's shard routes it. What is promised on other shards goes with
/// the letter there; the rest is given back in the end.
class Promises {
 public:
  Promises() noexcept = default;
  Promises(const Promises&) = delete;
  Promises& operator=(const Promises&) = delete;
  ~Promises() { shrink({}); }

  /// How much of what is wanted the queue has left; as much as is wanted is promised from now on. A queue that
  /// several subscriptions lead to is asked once.
  Subscriber::Room ask(Subscriber& subscriber, std::uint32_t shard, Subscriber::Room wanted);
  /// No more than that is needed of each.
  void shrink(Subscriber::Room needed) noexcept;
  void hand_over(std::span<const std::unique_ptr<Handover>> letters, std::uint32_t own_shard);

 private:
  struct One {
    Subscriber* subscriber;
    std::uint32_t shard;
  };
  boost::container::small_vector<One, 4> all_;
  Subscriber::Room each_{};
};

}  // namespace trellis::kernel
