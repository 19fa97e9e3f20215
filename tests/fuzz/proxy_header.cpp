// The PROXY header: whatever comes in, it is decided once and for all, and never beyond its length.
#include "fuzz.hpp"
#include "header.hpp"

using namespace transport_proxy_protocol;
using trellis::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Read read = read_header(text);
  if (read.outcome == Outcome::complete) {
    require(read.header.bytes <= size, "the header ends within the input");
    require(read.header.bytes <= kMostBytes, "the header keeps its limit");
    const Read again = read_header(text.substr(0, read.header.bytes));
    require(again.outcome == Outcome::complete && again.header.peer == read.header.peer,
            "what follows does not matter");
    require(read_header(text.substr(0, read.header.bytes - 1)).outcome != Outcome::complete,
            "no shorter one was there");
  }
  if (read.outcome == Outcome::wants_more) require(size < kMostBytes, "waiting ends");
  if (read.outcome == Outcome::malformed) require(!read.fault.empty(), "a fault is named");
  return 0;
}
