// Publishes over HTTP, and counts by the broker's own metrics.
#include "delivered_site.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>

#include "support/http_client.hpp"

namespace trellis::testing {

void DeliveredSite::write_resources(const std::string& destination, const std::string& push) {
  folder_.write("events.json",
                R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/push": {"deliveryConfiguration":
                  {"deliveryMode": "Push", "push": {"maxDeliveryCount": 1000, "retryDelays": ["PT1S"], )" +
                    push + (push.empty() ? "" : ", ") + R"("destination": )" + destination + "}}}}}");
}

Site DeliveredSite::site() const {
  return {.plugins = handlers_ + R"("store-journal": {"config": {"path": "store"}}, "service-events": {"config":
          {"wide_ranges": true, "push": {"failures": 1000, "jitter_percent": 0}, "access": {"anonymous": true}}})",
          .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                       "services": {"/": "service-events"}},)",
          .root = R"("outbound": {"allow": ["127.0.0.0/8"])" + outbound_ +
                  R"(}, "store": "store-journal", "resources": ")" + folder_.path() + R"(")"};
}

void DeliveredSite::deliver_to(const std::string& handlers, const std::string& destination, const std::string& push) {
  handlers_ = handlers;
  write_resources(destination, push);
  start(site());
}

void DeliveredSite::deliver_elsewhere(const std::string& destination, const std::string& push) {
  write_resources(destination, push);
  if (!reload(site())) throw std::runtime_error("reload refused:\n" + broker().output());
}

void DeliveredSite::publish(std::size_t count) {
  HttpClient client(broker().port("events"));
  while (count > 0) {
    std::string body = "[";
    for (std::size_t i = 0; i < 100 && count > 0; ++i, --count, ++published_) {
      const std::string number = std::to_string(published_);
      body += (i > 0 ? "," : "");
      body += R"({"specversion":"1.0","id":")" + number +
              R"(","source":"/matrix","type":"matrix.numbered","subject":"key-)" + std::to_string(published_ % kKeys) +
              R"(","datacontenttype":"application/json","data":{"number":)" + number + "}}";
    }
    body += "]";
    client.send(
        "POST /topics/orders:publish?api-version=2024-06-01 HTTP/1.1\r\nhost: localhost\r\ncontent-type: "
        "application/cloudevents-batch+json\r\ncontent-length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    const auto answer = client.receive();
    if (answer.status != 200) throw std::runtime_error("publish: " + answer.head + answer.body);
  }
}

double DeliveredSite::delivered() {
  return metrics().sum("trellis_events_push_attempts_total", R"(outcome="delivered")");
}
double DeliveredSite::refused() { return metrics().sum("trellis_events_push_attempts_total", R"(outcome="refused")"); }

bool DeliveredSite::all_delivered(std::chrono::milliseconds patience) {
  return eventually([&] { return delivered() >= static_cast<double>(published_); }, patience);
}

void DeliveredSite::measure(const std::string& name, const std::string& handlers, const std::string& destination,
                            std::size_t most) {
  const char* const given = std::getenv("TRELLIS_MEASURED_EVENTS");
  const std::size_t count = std::min<std::size_t>(most, given == nullptr ? 1000 : std::stoul(given));
  constexpr const char* kParallel = R"("maxParallelDeliveries": 64)";
  deliver_to(handlers, destination, std::string(kParallel) + R"(, "paused": true)");
  publish(count);
  deliver_elsewhere(destination, kParallel);
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(all_delivered(std::chrono::minutes(3))) << broker().output();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("[ MEASURED ] %-24s %9.0f events/s, %zu in %.2f s\n", name.c_str(),
              static_cast<double>(count) / took.count(), count, took.count());
}

void DeliveredSite::expect_complete(const std::vector<Arrived>& arrived, std::size_t count) {
  std::set<std::size_t> numbers;
  std::map<std::string, std::size_t> newest;
  for (const Arrived& one : arrived) {
    if (!numbers.insert(one.number).second) continue;
    EXPECT_EQ(one.subject, "key-" + std::to_string(one.number % kKeys));
    const auto [at, first] = newest.try_emplace(one.subject, one.number);
    EXPECT_TRUE(first || at->second < one.number)
        << one.number << " of " << one.subject << " came after " << at->second;
    at->second = one.number;
  }
  EXPECT_EQ(numbers.size(), count);
  EXPECT_TRUE(numbers.empty() || *numbers.rbegin() == count - 1);
}

std::uint16_t DeliveredSite::free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const bool there = listener >= 0 && ::bind(listener, raw, size) == 0 && ::getsockname(listener, raw, &size) == 0;
  if (listener >= 0) ::close(listener);
  if (!there) throw std::runtime_error("no port is free");
  return ntohs(address.sin_port);
}

}  // namespace trellis::testing
