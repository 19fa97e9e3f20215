// The site itself, with a handler that prints what it takes.
#include <sstream>

#include "delivered_site.hpp"

namespace trellis::testing {
namespace {

class GateDelivery : public DeliveredSite {
 protected:
  void open_gate(bool open) {
    deliver_to(R"("gate": {"file": ")" + test_plugins() + R"(/handler-gate.so", "config": {"open": )" +
                   (open ? "true" : "false") + "}},",
               R"({"endpointType": "Plugin", "properties": {"plugin": "gate"}})", R"("orderBy": "subject")");
  }
  std::vector<Arrived> taken() {
    std::vector<Arrived> all;
    std::istringstream lines(broker().output());
    for (std::string line; std::getline(lines, line);) {
      if (line.find("gate took <") == std::string::npos) continue;
      const auto id = line.find(R"("id":")") + 6;
      const auto subject = line.find(R"("subject":")") + 11;
      all.push_back({std::stoul(line.substr(id)), line.substr(subject, line.find('"', subject) - subject)});
    }
    return all;
  }
};

TEST_F(GateDelivery, AllOfItArrivesInOrder) {
  open_gate(true);
  publish(500);
  ASSERT_TRUE(all_delivered()) << broker().output();
  // What the broker says comes by a pipe, which may be behind its metrics.
  ASSERT_TRUE(eventually([&] { return taken().size() >= 500; }));
  expect_complete(taken(), 500);
  EXPECT_EQ(refused(), 0);
}

}  // namespace
}  // namespace trellis::testing
