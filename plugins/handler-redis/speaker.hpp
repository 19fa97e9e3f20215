// The conversation with Redis on one connection: who we are, then entries, whose replies come in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "common/peer_link/link.hpp"
#include "replies.hpp"
#include "target.hpp"

namespace redis {

class RedisSpeaker final : public peer_link::Speaker {
 public:
  /// The target is that of the link, which keeps it.
  RedisSpeaker(peer_link::Link& link, const Target& target) : link_(link), target_(target) {}

  void begin() override;
  std::size_t read(std::string_view bytes) override;
  std::optional<common::Verdict> send(std::uint64_t number, peer_link::Piece& piece) override;
  void ping() override;

 private:
  enum class Step : std::uint8_t { authentication, database, greeting, sign_of_life };
  /// What the next reply is to: a step, or the entry of that number.
  struct Asked {
    std::optional<Step> step;
    std::uint64_t number = 0;
  };

  void ask(Step step, const std::vector<std::string_view>& words);
  /// False where the connection ends.
  bool answer(const Asked& asked, const Reply& reply);
  bool answer_step(Step step, const Reply& reply);
  bool answer_entry(std::uint64_t number, const Reply& reply);
  bool end(common::Verdict verdict);

  peer_link::Link& link_;
  const Target& target_;
  Replies replies_;
  std::deque<Asked> asked_;
};

}  // namespace redis
