// Messages on their way from one shard to another: one letter per turn of the sender.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "loop/mailbox.hpp"
#include "message/message.hpp"

namespace trellis::kernel {

class Router;

/// Small messages are copied into the letter's own memory: one block for many, and what a receiver does not keep
/// never becomes a message of its own. Large ones and those kept anyway travel as references.
///
/// Filled on the sender's thread, read and freed on the receiver's.
class Handover final : public MailItem {
 public:
  struct Item {
    const Message* message;
    std::uint32_t name_space;
    std::uint32_t group = 0;
    std::uint64_t receiver = 0;  // 0: everybody there who matches
    std::uint32_t identifier = 0;
    std::uint8_t qos = 0;
    bool retain_as_published = false;
  };

  explicit Handover(Router& target) noexcept : target_(target) {}
  ~Handover() override;
  /// item.message may be borrowed.
  void add(const Item& item);
  const std::vector<Item>& items() const noexcept { return items_; }
  void run() override;

 private:
  static constexpr std::size_t kChunkBytes = 32 * 1024;
  static constexpr std::size_t kSmall = 1024;
  void* room(std::size_t bytes);

  Router& target_;
  std::vector<Item> items_;
  std::vector<const Message*> kept_;  // given back when the letter is read
  std::vector<Message*> copies_;      // in the chunks
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t used_ = kChunkBytes;  // of the last chunk
};

}  // namespace trellis::kernel
