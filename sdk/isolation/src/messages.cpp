#include "messages.hpp"

#include <string>
#include <trellis/isolation/contract.hpp>

namespace trellis::isolation {
namespace {

/// Owns the bytes it was read from.
struct KeptMessage final : LocalMessage {
  explicit KeptMessage(std::string_view from) : bytes(from), decoder(bytes) {
    trellis_message& facts = *this;
    fields(decoder, facts);
    references = 1;
  }
  const std::string bytes;
  Decoder decoder;  // has the lists
};

LocalMessage& of(const trellis_message* message) noexcept {
  return const_cast<LocalMessage&>(static_cast<const LocalMessage&>(*message));
}

const trellis_message* retain(const trellis_message* message) {
  LocalMessage& local = of(message);
  if (local.references != 0) {
    ++local.references;
    return message;
  }
  Encoder out;
  fields(out, *message);
  return new KeptMessage(out.bytes());
}

void release(const trellis_message* message) {
  if (--of(message).references == 0) delete static_cast<KeptMessage*>(&of(message));
}

}  // namespace

const trellis_host_message& message_table() noexcept {
  static constexpr trellis_host_message kTable{sizeof(trellis_host_message), &retain, &release};
  return kTable;
}

}  // namespace trellis::isolation
