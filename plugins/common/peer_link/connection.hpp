// The dialled connection of a link.
#pragma once

#include <cstdint>
#include <string_view>
#include <trellis/dial.hpp>

namespace peer_link {

class Link;

/// Owned by the kernel, as every Outgoing; the link points to it until on_closed() or let_go().
class Connection final : public trellis::Outgoing {
 public:
  explicit Connection(Link& link) noexcept : link_(&link) {}

  /// Ends it without a further word to the link. May destroy it.
  void let_go() noexcept {
    link_ = nullptr;
    close();
  }

  void on_open() noexcept override;
  std::size_t on_bytes(std::string_view bytes) noexcept override;
  void on_closed(std::uint32_t reason, std::string_view why) noexcept override;

 private:
  Link* link_;
};

}  // namespace peer_link
