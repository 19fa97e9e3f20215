// HTTP connections of both versions, through the protocol's table: whatever comes in, services see requests within the
// limits, and what is sent is in proportion.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "tests/fake_kernel.hpp"

namespace {

using transport_http::testing::Asked;
using transport_http::testing::FakeClient;
using transport_http::testing::FakeKernel;
using trellis::fuzz::require;

constexpr std::string_view kOpening("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
// Of frames that answer ours, and answers of some hundred bytes for each request that fits into an input.
constexpr std::size_t kOutputBytes = 1024 * 1024;

// How services behave: some answer at once, the others when the connection has been read, the last request first.
struct Habits {
  bool at_once;
  bool answers;
  bool drains;
};

void check(const Asked& asked) {
  require(asked.path == "*" || asked.path.starts_with('/'), "the path is absolute");
  require(asked.path.find('\0') == std::string::npos, "the path holds no NUL");
  require(asked.path.size() <= 256 && asked.query.size() <= 256, "the target keeps its limit");
  require(asked.body.size() <= 1024, "the body keeps its limit");
  require(asked.headers.size() <= 11, "the fields keep their limit, with the Host field of an authority");
}

std::vector<Asked> run(FakeKernel& kernel, std::string_view input, std::size_t piece, const Habits& habits) {
  FakeClient client(kernel);
  kernel.answer_at_once = nullptr;
  if (habits.at_once) kernel.answer_at_once = [](const Asked& asked) { return asked.path + asked.body; };
  for (; !input.empty(); input.remove_prefix(std::min(piece, input.size()))) client.send(input.substr(0, piece));
  if (habits.drains) client.drain();
  if (habits.answers && !habits.at_once) {
    for (std::size_t i = 0; i < client.asked.size() && i < 1000; ++i) client.answer(i, 200, "answer");
  }
  std::vector<Asked> asked = client.asked;
  for (int i = 0; i < 8 && !client.closed; ++i) kernel.advance(30'000);
  require(client.output.size() < kOutputBytes, "the output is in proportion to the input");
  for (const Asked& one : client.asked) check(one);
  return asked;
}

}  // namespace

// The first byte chooses: whether an opening of HTTP/2 is put before the rest, what services do, how it is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 64 * 1024) return 0;
  std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) input.insert(0, kOpening);
  const Habits habits{.at_once = (data[0] & 2) != 0, .answers = (data[0] & 4) != 0, .drains = (data[0] & 8) != 0};
  FakeKernel kernel;
  const auto whole = run(kernel, input, input.size() + 1, habits);
  const auto pieces = run(kernel, input, (data[0] >> 4) + 1u, habits);
  // HTTP/2 may take requests back that came in the same read, so only the older version has this property.
  if (habits.at_once || input.starts_with("PRI")) return 0;
  require(whole.size() == pieces.size(), "pieces make no difference to the number of requests");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    require(whole[i].path == pieces[i].path && whole[i].body == pieces[i].body, "pieces make no difference");
  }
  return 0;
}
