// A client of HTTP/2 with two requests under way: whatever a server sends, each comes to one end, answers keep their
// limits, and what is sent is in proportion.
#include <algorithm>
#include <memory>
#include <string>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>

#include "common/http/client.hpp"
#include "fuzz.hpp"

namespace {

using namespace std::chrono_literals;
using trellis::fuzz::require;
using namespace trellis::http;

constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);
constexpr std::size_t kHeadBytes = 512;
constexpr std::size_t kBodyBytes = 256;
// Of frames that answer those of an input, and of requests that go a few times.
constexpr std::size_t kOutputBytes = 1024 * 1024;

class Owner final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "client-owner", .version = "1.0.0"};
  struct ShardState {
    std::unique_ptr<Client> client;
  };
  void on_request(const trellis::Request&, trellis::Reply) override {}
};

void check(const ClientResult& result, ClientResponse& response) {
  if (!result) return require(!result.error().text.empty(), "a failure has a sentence");
  require(response.status >= 200 && response.status <= 999, "the response is final");
  require(response.body.size() <= kBodyBytes, "the body keeps its limit");
  std::size_t bytes = 0;
  for (const auto& [name, value] : response.headers) {
    bytes += name.size() + value.size();
    require(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "names are lower case");
  }
  require(bytes <= kHeadBytes, "the head keeps its limit");
}

void send(Client& client, std::string body, int& ended) {
  ClientRequest request{.method = body.empty() ? "GET" : "POST", .url = parse_url("https://h/").value()};
  request.body = std::move(body);
  request.deadline = 10s;
  request.max_response_bytes = kBodyBytes;
  request.status_is_enough = !request.body.empty();
  client.send(std::move(request), [&ended](ClientResult result) {
    ClientResponse none;
    check(result, result ? *result : none);
    ++ended;
  });
}

}  // namespace

// The first byte chooses: whether settings come first, and how the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 64 * 1024) return 0;
  std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) input.insert(0, kSettings);
  const std::size_t piece = (data[0] & 2) != 0 ? input.size() + 1 : (data[0] >> 2) + 1u;

  int ended = 0;
  trellis::testing::TestHost host;
  const auto owner = host.load<Owner>();
  const auto on_shard = [&](auto function) {
    host.on_shard(owner.instance(), 0, [&](void* at) {
      auto& shard = *static_cast<trellis::Shard*>(at);
      function(shard, shard.state<Owner::ShardState>().client);
    });
    host.turn();
  };
  on_shard([&](trellis::Shard& shard, std::unique_ptr<Client>& client) {
    client = std::make_unique<Client>(shard, ClientSettings{.connections_per_host = 1, .head_bytes = kHeadBytes});
    send(*client, {}, ended);
    send(*client, std::string(70'000, 'b'), ended);
  });
  auto server = host.answer_dial({{TRELLIS_FACT_TLS_ALPN, "h2"}});
  std::size_t output = 0;
  for (std::string_view rest = input; !rest.empty() && server.open();
       rest.remove_prefix(std::min(piece, rest.size()))) {
    server.send(rest.substr(0, piece));
    output += server.received().size();
  }
  require(output < kOutputBytes, "the output is in proportion to the input");
  host.advance(20s);
  require(ended == 2, "each request comes to one end");
  on_shard([](trellis::Shard&, std::unique_ptr<Client>& client) { client.reset(); });
  return 0;
}
