// The TLS layer: no bytes break it, and none go up that nobody encrypted.
#include <filesystem>
#include <fstream>
#include <string>
#include <trellis/testing/test_host.hpp>

#include "authority.hpp"
#include "fuzz.hpp"
#include "transport_tls.hpp"

namespace {

using trellis::fuzz::require;

// Files that exist as long as the process.
struct Files {
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "trellis-fuzz-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    const transport_tls::Authority authority("fuzz");
    const auto server = authority.issue({.common_name = "localhost", .names = {"localhost"}, .server = true});
    std::ofstream(folder / "server.pem") << server.certificate;
    std::ofstream(folder / "server.key") << server.key;
    std::ofstream(folder / "ca.pem") << authority.certificate();
  }
  ~Files() { std::filesystem::remove_all(folder); }
  std::string settings() const {
    return R"({"client_certificates": "requested", "certificates": [{"chain": ")" + (folder / "server.pem").string() +
           R"(", "key": ")" + (folder / "server.key").string() + R"(", "client_ca": ")" + (folder / "ca.pem").string() +
           "\"}]}";
  }
  std::filesystem::path folder;
};

}  // namespace

// The first byte says into what pieces the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Files files;
  static trellis::testing::TestHost host;
  static const auto layer = host.load<transport_tls::TransportTls>(files.settings());
  auto connection = layer.connect();
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] + 1u;
  bool goes_on = true;
  for (; goes_on && !input.empty(); input.remove_prefix(std::min(piece, input.size()))) {
    goes_on = connection.input(input.substr(0, piece));
  }
  require(connection.up().empty(), "nothing goes up before a handshake is over");
  (void)connection.fact(TRELLIS_FACT_HOST);
  (void)connection.look();
  connection.close();
  return 0;
}
