// The HTTP request parser: whatever comes in, and however it is cut, the same requests come out, and none of them
// carries what strictness is there to keep out.
#include <algorithm>

#include "common/http/characters.hpp"
#include "common/http/response_writer.hpp"
#include "common/http/tests/read_requests.hpp"
#include "fuzz.hpp"

namespace {

using trellis::fuzz::require;
using namespace trellis::http;

// Small, so that the fuzzer reaches every limit with short inputs.
constexpr Limits kLimits{.target_bytes = 64, .head_bytes = 256, .header_count = 6, .body_bytes = 64};

void check_request(const testing::ReadRequest& request) {
  require(is_token(request.method), "the method is a token");
  require(request.path == "*" || request.path.starts_with('/'), "the path is absolute");
  require(request.path.find('\0') == std::string::npos, "the path holds no NUL");
  require(request.body.size() <= kLimits.body_bytes, "the body keeps its limit");
  require(request.headers.size() <= kLimits.header_count, "the fields keep their limit");
  std::ptrdiff_t lengths = 0;
  for (const auto& [name, value] : request.headers) {
    require(is_token(name), "a field's name is a token");
    require(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "names are lower case");
    require(std::all_of(value.begin(), value.end(), is_field_char), "a field's value holds no control");
    lengths += name == "content-length" || name == "transfer-encoding" ? 1 : 0;
  }
  require(lengths <= 1, "a body has one length");
}

// What a client sent must not be able to end our response early.
void check_echo(const testing::ReadRequest& request, std::string_view raw) {
  const Header headers[] = {{"x-echo", raw}, {raw, "x"}, {"x-path", request.path}};
  std::string out;
  write_response(out, {.status = 200, .headers = headers, .body = "end"}, {.date = "now"});
  const std::size_t end = out.find("\r\n\r\n");
  require(out.substr(end + 4) == "end", "the response has one head");
  (void)error_body(400, raw);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + 1u;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = testing::read_requests(text, text.size() + 1, kLimits);
  require(testing::read_requests(text, piece, kLimits) == whole, "requests do not depend on how bytes are cut");
  require(testing::read_requests(text, 1, kLimits) == whole, "requests do not depend on single bytes");
  for (const auto& request : whole.requests) {
    check_request(request);
    check_echo(request, text.substr(0, 64));
  }
  return 0;
}
