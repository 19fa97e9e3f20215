// Connections from the broker to others: names, address rules, layers, limits, the end.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <thread>

#include "support/command.hpp"
#include "support/name_server.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

enum class Says { the_same, nothing, no };

/// Accepts on loopback and gives everything back, unless it is to answer otherwise.
class EchoPeer {
 public:
  explicit EchoPeer(Says says = Says::the_same)
      : says_(says), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_fd_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(fd_, 64), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~EchoPeer() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_fd_, &one, sizeof one);
    thread_.join();
    for (const pollfd& one_fd : polled_) ::close(one_fd.fd);
  }
  EchoPeer(const EchoPeer&) = delete;
  EchoPeer& operator=(const EchoPeer&) = delete;

  std::string port() const { return std::to_string(port_); }
  std::string heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  /// How many connections the other side has ended.
  std::size_t ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

 private:
  void run() {
    polled_ = {{stop_fd_, POLLIN, 0}, {fd_, POLLIN, 0}};
    while (true) {
      ::poll(polled_.data(), polled_.size(), -1);
      if (polled_[0].revents != 0) return;
      for (std::size_t i = polled_.size() - 1; i > 1; --i) {
        if (polled_[i].revents != 0) echo(i);
      }
      if (polled_[1].revents != 0) polled_.push_back({::accept(fd_, nullptr, nullptr), POLLIN, 0});
    }
  }
  void echo(std::size_t index) {
    char buffer[4096];
    const ssize_t size = ::recv(polled_[index].fd, buffer, sizeof buffer, 0);
    const std::lock_guard lock(mutex_);
    if (size > 0) {
      heard_.append(buffer, static_cast<std::size_t>(size));
      if (says_ == Says::the_same) ::send(polled_[index].fd, buffer, static_cast<std::size_t>(size), MSG_NOSIGNAL);
      if (says_ == Says::no) ::send(polled_[index].fd, "go away\n", 8, MSG_NOSIGNAL);
      return;
    }
    ++ended_;
    ::close(polled_[index].fd);
    polled_.erase(polled_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  Says says_;
  int fd_;
  int stop_fd_;
  std::uint16_t port_ = 0;
  std::vector<pollfd> polled_;
  mutable std::mutex mutex_;
  std::string heard_;
  std::size_t ended_ = 0;
  std::thread thread_;
};

class Outbound : public SiteTest {
 protected:
  Site site(const std::string& outbound) const {
    const std::string file = R"("file": ")" + test_plugins();
    return {.shards = 2,
            .plugins = R"("dialler": {"plugin": "service-dialler", )" + file + R"(/service-dialler.so"},
                          "knock": {"plugin": "layer-knock", )" +
                       file + R"(/layer-knock.so"},
                          "tunnel": {"plugin": "layer-knock", )" +
                       file + R"(/layer-knock.so", "config": {"word": "tunnel"}})",
            .listeners = R"({"name": "dial", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "dialler"}},)",
            .root = R"("outbound": {"name_servers": [")" + names_.address() + R"("], )" + outbound + "}"};
  }
  bool said(const std::string& text) { return broker().output().find(text) != std::string::npos; }
  std::string ask(const std::string& path) { return http_get(broker().port("dial"), path).body; }
  std::string dial(const std::string& host, const std::string& port, const std::string& more = "") {
    return ask("/dial?host=" + host + "&port=" + port + more);
  }

  static constexpr const char* kLoopback = R"("allow": ["127.0.0.0/8"])";
  NameServer names_;
};

TEST_F(Outbound, ReachesAddressesAndNames) {
  EchoPeer peer;
  names_.set_addresses("peer.example", {"127.0.0.1"});
  start(site(kLoopback));
  EXPECT_EQ(dial("127.0.0.1", peer.port()), "answered hello\n\n");
  EXPECT_EQ(dial("peer.example", peer.port()), "answered hello\n\n");
  EXPECT_EQ(metrics().sum("trellis_outbound_connections_opened_total"), 2);
  expect_metric("trellis_outbound_connections", "", 0);
}

TEST_F(Outbound, DoesNotReachInsideUnlessItMay) {
  EchoPeer peer;
  names_.set_addresses("metadata.example", {"169.254.169.254"});
  names_.set_addresses("inside.example", {"127.0.0.1"});
  start(site(R"("timeout": "5s")"));
  EXPECT_THAT(dial("127.0.0.1", peer.port()), StartsWith("failed 2: 127.0.0.1:" + peer.port()));
  EXPECT_THAT(dial("inside.example", peer.port()), HasSubstr("it is this machine"));
  EXPECT_THAT(dial("metadata.example", "80"), HasSubstr("where metadata services are"));
  EXPECT_EQ(peer.heard(), "");
  EXPECT_EQ(metrics().sum("trellis_outbound_failures_total", "reason=\"forbidden\""), 3);
  ASSERT_TRUE(reload(site(kLoopback))) << broker().output();
  EXPECT_EQ(dial("127.0.0.1", peer.port()), "answered hello\n\n");
}

TEST_F(Outbound, SaysWhyThereIsNoConnection) {
  start(site(kLoopback));
  EXPECT_EQ(dial("nowhere.example", "80"), "failed 1: the name \"nowhere.example\" is not known\n");
  std::string free;
  {
    EchoPeer gone;
    free = gone.port();
  }
  EXPECT_EQ(dial("127.0.0.1", free),
            "failed 3: no connection to 127.0.0.1:" + free + ": 127.0.0.1:" + free + ": Connection refused\n");
  EXPECT_EQ(dial("127.1", "80"), "failed 7: \"127.1:80\" is nowhere to connect to\n")
      << "a resolver makes a number of it";
  EXPECT_EQ(dial("127.0.0.1", "0"), "failed 7: \"127.0.0.1:0\" is nowhere to connect to\n");
  EXPECT_EQ(dial("127.0.0.1", "80", "&secure=yes"),
            "failed 7: nothing encrypts the connection to 127.0.0.1: set \"outbound\": {\"tls\": \"transport-tls\"}\n");
  EXPECT_EQ(dial("127.0.0.1", "80", "&secure=yes&layer=other"),
            "failed 7: \"outbound\".\"layers\" does not have \"other\"\n");
  names_.be_silent();
  EXPECT_EQ(dial("slow.example", "80", "&timeout=100"),
            "failed 5: no connection to slow.example:80 in time: its name is still being looked up\n");
}

TEST_F(Outbound, LayersAgreeBeforeTheProtocolSpeaks) {
  EchoPeer peer;
  start(site(kLoopback + std::string(R"(, "tls": "knock")")));
  EXPECT_EQ(dial("127.0.0.1", peer.port(), "&secure=yes"), "answered hello\n\n");
  EXPECT_EQ(peer.heard(), "knock\nhello\n");
}

TEST_F(Outbound, WhoGoesThroughAProxyIsAskedForThere) {
  EchoPeer proxy;
  EchoPeer direct;
  names_.set_addresses("direct.example", {"127.0.0.1"});
  start(site(kLoopback + std::string(R"(, "layers": ["knock"], "proxy": {"address": "127.0.0.1:)") + proxy.port() +
             R"(", "layer": "tunnel", "except": ["*.example"]})"));
  EXPECT_EQ(dial("far.example.com", "443", "&secure=yes&layer=knock"), "answered hello\n\n");
  EXPECT_EQ(proxy.heard(), "tunnel\nknock\nhello\n");
  EXPECT_THAT(dial("10.0.0.1", "443"), StartsWith("failed 2: 10.0.0.1 is not dialled: it is a private network"));
  EXPECT_EQ(dial("direct.example", direct.port()), "answered hello\n\n");
  EXPECT_EQ(direct.heard(), "hello\n");
}

TEST_F(Outbound, ALayerThatGivesUpSaysWhy) {
  EchoPeer silent(Says::nothing);
  start(site(kLoopback + std::string(R"(, "tls": "knock")")));
  EXPECT_EQ(dial("127.0.0.1", silent.port(), "&secure=yes&timeout=200"),
            "failed 5: 127.0.0.1:" + silent.port() + ": it was not agreed in time how to talk\n");
  expect_metric("trellis_outbound_connections", "", 0);
  EchoPeer unfriendly(Says::no);
  EXPECT_EQ(dial("127.0.0.1", unfriendly.port(), "&secure=yes"),
            "failed 4: 127.0.0.1:" + unfriendly.port() + ": nobody opens\n");
}

// The broker's own listener is the peer.
TEST_F(Outbound, ThePeerProvesItsNameByTls) {
  const TemporaryDirectory certificates;
  const auto made = trellis({"cert", "dev", certificates.path()});
  ASSERT_EQ(made.code, 0) << made.describe();
  const std::string folder = '"' + certificates.path() + '/';
  const auto with = [&](const std::string& tls, const std::string& more) {
    Site wanted = site(kLoopback + std::string(R"(, "tls": "tls", "layers": ["strangers"])"));
    wanted.plugins += R"(, "tls": {"plugin": "transport-tls", "config": {"certificates": [{"chain": )" + folder +
                      R"(server.pem", "key": )" + folder + R"(server.key"}], "dialling": {)" + tls + R"(}}},
                      "strangers": {"plugin": "transport-tls"})";
    wanted.listeners += R"({"name": "door", "address": "127.0.0.1:0", "protocol": "transport-http", "layers": [)" +
                        more + R"("tls"]},)";
    return wanted;
  };
  start(with(R"("server_ca": )" + folder + R"(ca.pem")", ""));
  const std::string door = std::to_string(broker().port("door"));
  const std::string answer = dial("localhost", door, "&secure=yes&asks=yes");
  EXPECT_THAT(answer, StartsWith("answered HTTP/1.1 404"));
  EXPECT_THAT(answer, HasSubstr("TLSv1.3"));
  EXPECT_THAT(dial("localhost", door, "&secure=yes&layer=strangers"),
              StartsWith("failed 4: localhost:" + door + ": TLS with \"localhost\" failed: its certificate does not"));
  EXPECT_EQ(metrics().sum("trellis_outbound_failures_total", "reason=\"layer\""), 1);
  EXPECT_FALSE(reload(with("", R"("strangers", )"))) << "who has no certificate serves nobody";
  EXPECT_TRUE(eventually([&] { return said("layer 'strangers' serves no clients as it is configured"); }));
}

// What changes in the files of who dials holds from the next connection on.
TEST_F(Outbound, CertificatesOfWhoDialsAreReadAgain) {
  const TemporaryDirectory served;
  const TemporaryDirectory other;
  for (const auto* folder : {&served, &other}) {
    const auto made = trellis({"cert", "dev", folder->path()});
    ASSERT_EQ(made.code, 0) << made.describe();
  }
  const auto believe = [&](const TemporaryDirectory& who) {
    std::filesystem::copy_file(who.path() + "/ca.pem", served.path() + "/new.pem");
    std::filesystem::rename(served.path() + "/new.pem", served.path() + "/believed.pem");
  };
  believe(other);
  const std::string folder = '"' + served.path() + '/';
  Site wanted = site(kLoopback + std::string(R"(, "tls": "tls")"));
  wanted.plugins += R"(, "tls": {"plugin": "transport-tls", "config": {"certificates": [{"chain": )" + folder +
                    R"(server.pem", "key": )" + folder + R"(server.key"}], "dialling": {"server_ca": )" + folder +
                    R"(believed.pem"}}})";
  wanted.listeners += R"({"name": "door", "address": "127.0.0.1:0", "protocol": "transport-http", "layers": ["tls"]},)";
  start(wanted);
  const std::string door = std::to_string(broker().port("door"));
  const auto believed = [&] { return dial("localhost", door, "&secure=yes&asks=yes").starts_with("answered"); };
  EXPECT_FALSE(believed());
  believe(served);
  EXPECT_TRUE(eventually(believed)) << broker().output();
  believe(other);
  EXPECT_TRUE(eventually([&] { return !believed(); })) << broker().output();
}

TEST_F(Outbound, NoMoreAreOpenThanMayBe) {
  EchoPeer silent(Says::nothing);
  start(site(kLoopback + std::string(R"(, "connections": 2)")));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(dial("127.0.0.1", silent.port(), "&stays=yes"), "stays\n");
  EXPECT_EQ(dial("127.0.0.1", silent.port(), "&stays=yes"),
            "failed 6: \"outbound\".\"connections\" are open already\n");
  EXPECT_EQ(metrics().sum("trellis_outbound_connections"), 2);
  EXPECT_EQ(terminate(), 0) << "connections that stay do not hold up the end";
  EXPECT_TRUE(eventually([&] { return silent.ended() == 2; }));
}

TEST_F(Outbound, AtTheEndOneMayGiveUpAnother) {
  names_.be_silent();
  start(site(R"("timeout": "1m")"));
  EXPECT_EQ(ask("/two?host=slow.example&port=80"), "two\n");
  EXPECT_EQ(terminate(), 0) << broker().output();
}

TEST_F(Outbound, AtTheEndNobodyBeginsAgain) {
  EchoPeer silent(Says::nothing);
  names_.be_silent();
  start(site(kLoopback));
  EXPECT_EQ(ask("/again?host=127.0.0.1&port=" + silent.port()), "again\n");
  EXPECT_EQ(ask("/again?host=slow.example&port=80"), "again\n");
  ASSERT_TRUE(eventually([&] { return silent.heard() == "hello\n"; }));
  EXPECT_EQ(terminate(), 0) << broker().output();
}

TEST_F(Outbound, TextRecordsAreFound) {
  names_.set_texts("_eg.example.com", {"one", "two"});
  start(site(kLoopback));
  EXPECT_EQ(ask("/texts/_eg.example.com"), "1\none\ntwo\n");
  EXPECT_EQ(ask("/texts/_eg.example.org"), "2\n");
}

TEST_F(Outbound, SettingsThatCannotWorkAreRefused) {
  start(site(kLoopback));
  EXPECT_FALSE(reload(site(R"("allow": ["10.0.0.0/33"])")));
  EXPECT_TRUE(eventually([&] { return said("\"10.0.0.0/33\" is no address and no range"); }));
  EXPECT_FALSE(reload(site(R"("tls": "transport-websocket")")));
  EXPECT_TRUE(
      eventually([&] { return said("layer 'transport-websocket' does nothing on connections made from here"); }));
  EXPECT_FALSE(reload(site(R"("tls": "transport-mqtt")")));
}

}  // namespace
}  // namespace trellis::testing
