// Where a peer may be.
#include "common/checked_block/checked_block.hpp"
#include "fixture.hpp"

namespace peer_link {
namespace {

using namespace peer_link::testing;

/// The name of the peer, or what is wrong.
std::string read(const std::string& properties, bool allow_clear_text = false) {
  const common::BlockSchema schema(destination_schema("Line", with_peer(trellis::Schema{}, 7)));
  const auto block = trellis::Config::parse(R"({"properties": {)" + properties + "}}").value();
  const auto checked = schema.check(block);
  if (!checked) return checked.error().text;
  PluginSettings settings;
  settings.allow_clear_text = allow_clear_text;
  const auto peer = read_peer(checked->object("properties"), settings, "line");
  return peer ? peer->name : peer.error().text;
}

TEST(PeerSettings, NameThePeer) {
  EXPECT_EQ(read(R"("host": "127.0.0.1")"), "line://127.0.0.1:7");
  EXPECT_EQ(read(R"("host": "::1", "port": 8)"), "line://[::1]:8");
  EXPECT_EQ(read(R"("host": "peer.example.org", "tls": true)"), "line://peer.example.org:7");
}

TEST(PeerSettings, SayWhatIsWrong) {
  EXPECT_EQ(read(""), R"(/properties: "host" is missing)");
  EXPECT_EQ(read(R"("host": "a", "port": 0)"), "/properties/port: is out of range; expected 1 to 65535");
  EXPECT_EQ(read(R"("host": "[::1]")"),
            R"(/properties/host: found "[::1]", expected a name, or a numeric address without brackets)");
  EXPECT_EQ(read(R"("host": "a:b@c", "tls": true)"),
            R"(/properties/host: found "a:b@c", expected a name, or a numeric address without brackets)");
  EXPECT_THAT(read(R"("host": "127.0.0.1", "layer": "mutual")"), HasSubstr("/properties/layer: encrypts nothing"));
}

TEST(PeerSettings, ClearTextStaysOnThisMachineUnlessItIsAllowed) {
  EXPECT_THAT(read(R"("host": "peer.example.org")"), HasSubstr("/properties/tls: found false, expected true"));
  EXPECT_EQ(read(R"("host": "peer.example.org")", true), "line://peer.example.org:7");
  EXPECT_EQ(read(R"("host": "localhost")"), "line://localhost:7");
}

}  // namespace
}  // namespace peer_link
