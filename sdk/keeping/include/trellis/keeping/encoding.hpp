// Messages as bytes in a store.
#pragma once

#include <string>
#include <string_view>
#include <trellis/keeping/message.hpp>

namespace trellis::keeping {

/// Appends a message with all it says. Its publisher's session is not among that: it does not outlive the process.
void encode(const Message& message, std::string& bytes);
/// What encode() appended, or null where it did not.
MessagePtr decode(std::string_view bytes);

}  // namespace trellis::keeping
