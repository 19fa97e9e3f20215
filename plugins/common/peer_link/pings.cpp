#include "common/peer_link/pings.hpp"

#include "common/peer_link/link.hpp"

namespace peer_link {

void Pings::ask_for(std::uint64_t number) {
  asked_.push_back(number);
  link_.write(question_);
}

bool Pings::answered() {
  if (asked_.empty()) return false;
  const std::uint64_t confirmed = asked_.front();
  asked_.pop_front();
  if (!confirms_) return true;
  while (link_.oldest() <= confirmed && link_.settle(link_.oldest(), common::Verdict::delivered())) {
  }
  if (asked_.empty() && link_.in_flight() > 0) ask_for(link_.next() - 1);
  return true;
}

}  // namespace peer_link
