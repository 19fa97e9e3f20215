#include "common/peer_link/connection.hpp"

#include "common/peer_link/link.hpp"

namespace peer_link {

void Connection::on_open() noexcept {
  if (link_ != nullptr) link_->opened();
}

std::size_t Connection::on_bytes(std::string_view bytes) noexcept {
  return link_ != nullptr ? link_->arrived(bytes) : bytes.size();
}

void Connection::on_closed(std::uint32_t reason, std::string_view why) noexcept {
  if (link_ != nullptr) link_->closed(reason, why, close_reason() == TRELLIS_CLOSE_SHUTDOWN);
}

}  // namespace peer_link
