// Messages in a plugin's process: borrowed for a call they lie in a frame, kept ones in a copy.
#pragma once

#include <trellis/abi/message.h>

#include <atomic>
#include <cstddef>

namespace trellis::isolation {

/// As plugins see it, with what retain() and release() need.
struct LocalMessage : trellis_message {
  std::atomic<std::size_t> references{0};  // 0: it lies in a frame
};

/// trellis.host.message/1
const trellis_host_message& message_table() noexcept;

}  // namespace trellis::isolation
