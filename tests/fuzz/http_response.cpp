// The HTTP response parser: whatever comes in, and however it is cut, the same response comes out, within the limits.
#include <algorithm>

#include "common/http/characters.hpp"
#include "common/http/tests/read_responses.hpp"
#include "fuzz.hpp"

namespace {

using trellis::fuzz::require;
using namespace trellis::http;

// Small, so that the fuzzer reaches every limit with short inputs.
constexpr Limits kLimits{.head_bytes = 256, .header_count = 6, .body_bytes = 64};

void check(const testing::ReadResponse& response, std::string_view text) {
  require(response.used <= text.size(), "no more is used than there is");
  if (response.state == ResponseParser::State::failed)
    return require(!response.error.empty(), "a fault has a sentence");
  require(response.body.size() <= kLimits.body_bytes, "the body keeps its limit");
  if (response.state != ResponseParser::State::complete) return;
  require(response.status >= 200 && response.status <= 999, "the response is final");
  require(response.headers.size() <= kLimits.header_count, "the fields keep their limit");
  std::ptrdiff_t lengths = 0;
  for (const auto& [name, value] : response.headers) {
    require(is_token(name), "a field's name is a token");
    require(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "names are lower case");
    require(std::all_of(value.begin(), value.end(), is_field_char), "a field's value holds no control");
    lengths += name == "content-length" || name == "transfer-encoding" ? 1 : 0;
  }
  require(lengths <= 1, "a body has one length");
}

}  // namespace

// The first byte chooses: what was asked, whether the server closes, how it is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 64 * 1024) return 0;
  const Asked asked = (data[0] & 1) != 0 ? Asked::head : (data[0] & 2) != 0 ? Asked::tunnel : Asked::something;
  const bool closes = (data[0] & 4) != 0;
  const std::size_t piece = (data[0] >> 3) + 2u;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = testing::read_response(text, text.size() + 1, kLimits, asked, closes);
  require(testing::read_response(text, piece, kLimits, asked, closes) == whole, "it does not depend on how it is cut");
  require(testing::read_response(text, 1, kLimits, asked, closes) == whole, "it does not depend on single bytes");
  check(whole, text);
  return 0;
}
