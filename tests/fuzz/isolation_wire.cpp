// What comes from the process of an isolated plugin: structs of the contract, and the ring they lie in.
//
// Input: a byte that chooses the struct, and what it is read from; the same bytes are a ring's memory, too.
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <trellis/isolation/contract.hpp>
#include <trellis/isolation/ring.hpp>
#include <vector>

#include "fuzz.hpp"

namespace {

using trellis::fuzz::require;
using namespace trellis::isolation;

// What was read whole is written the same again.
template <typename Struct>
void read(std::string_view bytes) {
  Decoder in(bytes);
  Struct read{};
  fields(in, read);
  if (!in.done()) return;
  Encoder out;
  fields(out, read);
  require(out.bytes() == bytes, "what was read is written as it was");
}

void read_struct(unsigned which, std::string_view bytes) {
  switch (which % 10) {
    case 0:
      return read<trellis_message>(bytes);
    case 1:
      return read<trellis_publication>(bytes);
    case 2:
      return read<trellis_identity>(bytes);
    case 3:
      return read<trellis_credentials>(bytes);
    case 4:
      return read<trellis_auth_answer>(bytes);
    case 5:
      return read<trellis_request>(bytes);
    case 6:
      return read<trellis_response>(bytes);
    case 7:
      return read<trellis_delivery>(bytes);
    case 8:
      return read<trellis_delivery_result>(bytes);
    default:
      return read<trellis_access>(bytes);
  }
}

// Whatever the other side wrote there, what is read lies within it, and reading ends.
void read_ring(std::string_view bytes) {
  RingHead head;
  std::uint64_t written = 0;
  std::memcpy(&written, bytes.data(), std::min(bytes.size(), sizeof written));
  head.written = written;
  std::vector<char> memory(std::max<std::size_t>(bytes.size() / 8, 2) * 8);
  std::copy_n(bytes.data(), std::min(bytes.size(), memory.size()), memory.data());
  RingReader reader({&head, memory.data(), memory.size()});
  std::uint32_t type = 0;
  std::string body;
  std::size_t frames = 0;
  while (reader.read(type, body) == RingReader::Outcome::frame) {
    require(body.size() <= memory.size(), "a frame is no longer than the ring");
    require(++frames <= memory.size(), "frames come to an end");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  read_struct(data[0], bytes);
  read_ring(bytes);
  return 0;
}
