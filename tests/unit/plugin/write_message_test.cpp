// A message's bytes on their way to a socket, without a copy where that can be.
#include <gtest/gtest.h>
#include <trellis/abi/connection.h>

#include <string>
#include <trellis/runtime/kept_bytes.hpp>

#include "connections/fake_endpoint.hpp"
#include "message/publication.hpp"
#include "plugin/instance_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::ConnectionBench;
using testing::InstanceBench;
using testing::Peer;

struct WriteMessage : ::testing::Test {
  InstanceBench plugins;
  std::shared_ptr<Instance> instance = plugins.create();
  const trellis_host_connection& table =
      InstanceBench::table<trellis_host_connection>(*instance, TRELLIS_HOST_CONNECTION);
  ConnectionBench bench;
  const Peer peer = bench.connect();
  void write(const Message& message, std::string_view part) {
    table.write_message(&bench.connection(), &message.facts(), view_of(part));
  }
};

TEST_F(WriteMessage, SharesThePayloadUntilItsBytesLeft) {
  const std::int64_t before = kept_bytes();
  bench.call([&] {
    const MessagePtr message = testing::message("t", "payload");
    write(*message, message->payload());
  });
  EXPECT_EQ(peer.receive(7), "payload");
  bench.shards.settle();
  EXPECT_EQ(kept_bytes(), before);
}

TEST_F(WriteMessage, KeepsABorrowedPayload) {
  bench.call([&] {
    std::string text = "borrowed";
    {
      Message message;
      message.borrow(testing::publication("t", text), 0, "", "", 0);
      write(message, message.payload().substr(2, 4));
    }
    text.assign(text.size(), '?');
  });
  EXPECT_EQ(peer.receive(4), "rrow");
}

}  // namespace
}  // namespace trellis::kernel
