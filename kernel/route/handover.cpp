#include "route/handover.hpp"

#include "route/router.hpp"

namespace trellis::kernel {

Handover::~Handover() {
  for (const Message* message : kept_) message->drop();
  for (Message* message : copies_) message->~Message();
}

void Handover::add(const Item& item) {
  items_.push_back(item);
  const Message& message = *item.message;
  if (message.kept() || message.block_bytes() > kSmall) {
    kept_.push_back(message.keep());
    items_.back().message = kept_.back();
    return;
  }
  copies_.push_back(message.copy_to(room(message.block_bytes())));
  items_.back().message = copies_.back();
}

void* Handover::room(std::size_t bytes) {
  bytes = (bytes + alignof(Message) - 1) & ~(alignof(Message) - 1);
  if (used_ + bytes > kChunkBytes) {
    chunks_.emplace_back(new std::byte[kChunkBytes]);
    used_ = 0;
  }
  void* const place = chunks_.back().get() + used_;
  used_ += bytes;
  return place;
}

void Handover::run() {
  const std::unique_ptr<Handover> self(this);
  target_.take(*this);
}

}  // namespace trellis::kernel
