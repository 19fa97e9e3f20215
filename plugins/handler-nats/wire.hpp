// What a NATS server says, taken apart.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nats {

/// One operation. Views are of the bytes it was read from.
struct Operation {
  enum class Type { info, message, ping, pong, ok, error };
  Type type = Type::ok;
  std::string_view text = {};     // of info its JSON, of error the sentence without its quotes
  std::string_view subject = {};  // of messages
  std::string_view headers = {};
  std::string_view payload = {};
};

/// Reads from a range of bytes. Lines and messages are bounded: nothing big is ever sent to a publisher.
class WireReader {
 public:
  static constexpr std::size_t kMostLine = std::size_t{64} << 10U;     // INFO lists all servers of a cluster
  static constexpr std::size_t kMostMessage = std::size_t{64} << 10U;  // of an acknowledgement

  explicit WireReader(std::string_view bytes) noexcept : bytes_(bytes) {}

  /// False where there is no further complete one; broken() says whether there ever will be.
  bool next(Operation& operation);
  /// Bytes of the operations that were read.
  std::size_t consumed() const noexcept { return at_; }
  const std::string& broken() const noexcept { return broken_; }

 private:
  bool refuse(std::string what);
  bool take(std::string_view line, std::size_t behind, Operation& operation);
  bool take_message(std::string_view arguments, bool with_headers, std::size_t behind, Operation& operation);

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::string broken_;
};

/// The status of "NATS/1.0 503 No Responders…"; 0 where the headers have none.
unsigned header_status(std::string_view headers) noexcept;

}  // namespace nats
