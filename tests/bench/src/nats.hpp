// The client half of NATS's text protocol that a JetStream pull consumer needs: encode into a buffer, parse in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire.hpp"

namespace trellis::bench {

void append_nats_connect(OutBuffer& out);  // CONNECT and PING: the PONG says that the server has taken it
void append_nats_pong(OutBuffer& out);
void append_nats_sub(OutBuffer& out, std::string_view subject, std::uint32_t id);
// reply: empty for none. Returns the room for the payload, which the caller fills completely.
char* append_nats_pub(OutBuffer& out, std::string_view subject, std::string_view reply, std::size_t payload_size);
void append_nats_pub(OutBuffer& out, std::string_view subject, std::string_view reply, std::string_view payload);

enum class NatsOp { info, ok, error, ping, pong, message };

/// What the server says; views into the read buffer.
struct NatsMessage {
  NatsOp op = NatsOp::ok;
  std::string_view subject;
  std::string_view reply;    // empty: none
  unsigned status = 0;       // of the headers, 0 when they state none
  std::string_view payload;  // of INFO and -ERR what follows the word
};

enum class NatsScan { message, incomplete, malformed };

// Takes the first operation off `bytes`; `size` is then its length there.
NatsScan next_nats(std::string_view bytes, NatsMessage& message, std::size_t& size);

// How often a message was delivered, out of the subject to acknowledge it at:
// $JS.ACK.<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>. 0 when it has not
// that shape.
unsigned delivery_count_of(std::string_view ack_subject);

// The number that is the value of `"name":` in the JSON a JetStream server answers. Throws std::runtime_error when
// there is none.
std::uint64_t nats_number(std::string_view answer, std::string_view name);

}  // namespace trellis::bench
