// TLS as openssl's own client meets it: what is stapled, and what goes on under it.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

void write_file(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// An OCSP responder of the authority in a folder: HTTP by hand, the answers by openssl.
class OcspResponder {
 public:
  explicit OcspResponder(std::string folder)
      : folder_(std::move(folder)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/ocsp";
    thread_ = std::thread([this] {
      for (int client = 0; (client = ::accept(fd_, nullptr, nullptr)) >= 0;) serve(client);
    });
  }
  ~OcspResponder() {
    ::shutdown(fd_, SHUT_RDWR);  // ends accept()
    thread_.join();
    ::close(fd_);
  }
  OcspResponder(const OcspResponder&) = delete;
  OcspResponder& operator=(const OcspResponder&) = delete;

  const std::string& url() const { return url_; }
  int asked() const { return asked_; }

 private:
  // One request on each connection.
  void serve(int client) {
    std::string request;
    char buffer[4096];
    for (std::size_t whole = std::string::npos; request.size() < whole;) {
      const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      request.append(buffer, static_cast<std::size_t>(got));
      whole = end_of(request);
    }
    ++asked_;
    const std::string answer = answer_to(request.substr(request.find("\r\n\r\n") + 4));
    const std::string all =
        "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nConnection: close\r\n"
        "Content-Length: " +
        std::to_string(answer.size()) + "\r\n\r\n" + answer;
    ::send(client, all.data(), all.size(), MSG_NOSIGNAL);
    ::close(client);
  }
  static std::size_t end_of(const std::string& request) {
    const std::size_t head = request.find("\r\n\r\n");
    const std::size_t length = request.find("ontent-length: ");
    if (head == std::string::npos || length == std::string::npos) return std::string::npos;
    return head + 4 + std::stoul(request.substr(length + 15));
  }
  std::string answer_to(const std::string& question) const {
    write_file(folder_ + "/question", question);
    const auto made = run_command({"openssl", "ocsp", "-index", folder_ + "/index.txt", "-CA", folder_ + "/ca.pem",
                                   "-rsigner", folder_ + "/ca.pem", "-rkey", folder_ + "/ca.key", "-ndays", "1",
                                   "-reqin", folder_ + "/question", "-respout", folder_ + "/answer"});
    EXPECT_EQ(made.code, 0) << made.describe();
    return read_file(folder_ + "/answer");
  }

  std::string folder_;
  int fd_;
  std::string url_;
  std::atomic<int> asked_ = 0;
  std::thread thread_;
};

class Tls : public SiteTest {
 protected:
  Tls() {
    const auto made = trellis({"cert", "dev", folder_.path()});
    EXPECT_EQ(made.code, 0) << made.describe();
  }
  Site site(const std::string& certificate, const std::string& more = {}) const {
    return {.shards = 2,
            .plugins = R"("service-mirror": {"file": ")" + test_plugins() + R"(/service-mirror.so"},
                          "transport-tls": {"config": {"certificates": [{"chain": ")" +
                       file("chain.pem") + R"(", "key": ")" + file("server.key") + '"' + certificate + "}]}}",
            .listeners = R"({"name": "door", "address": "127.0.0.1:0", "layers": ["transport-tls"], "serves": [
                              {"layers": ["transport-websocket"], "protocol": "transport-mqtt"},
                              {"protocol": "transport-http", "services": {"/": "service-mirror"}}]},)",
            .root = more};
  }
  std::string file(const std::string& name) const { return folder_.path() + '/' + name; }
  CommandResult client(const std::vector<std::string>& options, const std::string& input = {}) {
    std::vector<std::string> command = {"openssl",
                                        "s_client",
                                        "-connect",
                                        "127.0.0.1:" + std::to_string(broker().port("door")),
                                        "-servername",
                                        "localhost",
                                        "-CAfile",
                                        file("ca.pem"),
                                        "-verify_return_error"};
    command.insert(command.end(), options.begin(), options.end());
    return run_command(command, input);
  }

  const TemporaryDirectory folder_;
};

TEST_F(Tls, ResponseOfTheAuthorityIsStapledOnEveryShard) {
  write_file(file("chain.pem"), read_file(file("server.pem")) + read_file(file("ca.pem")));
  const auto serial = run_command({"openssl", "x509", "-in", file("server.pem"), "-noout", "-serial"});
  ASSERT_THAT(serial.out, HasSubstr("serial="));
  const std::string number = serial.out.substr(7, serial.out.find('\n') - 7);
  write_file(file("index.txt"), "V\t491231235959Z\t\t" + number + "\tunknown\t/CN=localhost\n");
  const OcspResponder responder(folder_.path());
  start(site(R"(, "ocsp_responder": ")" + responder.url() + '"', R"("outbound": {"allow": ["127.0.0.0/8"]})"));
  const auto stapled = [this] {
    const CommandResult told = client({"-status"});
    return told.out.find("Cert Status: good") != std::string::npos;
  };
  ASSERT_TRUE(eventually(stapled)) << client({"-status"}).describe();
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(stapled());
  EXPECT_EQ(responder.asked(), 1) << "one response is for all shards";
}

TEST_F(Tls, CertificatesOfClientsReachAuthenticators) {
  const auto made = trellis({"cert", "dev", folder_.path(), "--client", "press"});
  ASSERT_EQ(made.code, 0) << made.describe();
  write_file(file("chain.pem"), read_file(file("server.pem")));
  Site asked = site(R"(, "client_certificates": "requested", "client_ca": ")" + file("ca.pem") + '"');
  asked.plugins += R"(, "authenticator-riddle": {"file": ")" + test_plugins() + R"(/authenticator-riddle.so"})";
  asked.authenticators = R"("authenticator-riddle", "authenticator-anonymous")";
  asked.listeners = R"({"name": "door", "address": "127.0.0.1:0", "layers": ["transport-tls"],
                        "protocol": "transport-mqtt"},)";
  start(asked);
  const std::string hello =
      Connect{.client_id = "page"}.encode(Version::v311) + std::string("\xE0\0", 2);  // and DISCONNECT
  const auto said = [this](const std::string& what) {
    return eventually([&] { return broker().output().find(what) != std::string::npos; });
  };
  client({"-quiet", "-cert", file("press.pem"), "-key", file("press.key")}, hello);
  EXPECT_TRUE(said("local=true certificates=2 verified=true")) << broker().output();
  client({"-quiet"}, hello);
  EXPECT_TRUE(said("local=true certificates=0 verified=false")) << broker().output();
}

TEST_F(Tls, DomainWithoutProofIsServedNobody) {
  write_file(file("chain.pem"), read_file(file("server.pem")));
  Site claimed = site("");
  claimed.spaces = R"("plant": {"custom_domains": ["mqtt.example.com"]},)";
  start(claimed);
  const std::string request = "GET /one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  EXPECT_THAT(client({"-quiet"}, request).out, HasSubstr("path /one"));
  EXPECT_EQ(client({"-quiet", "-servername", "mqtt.example.com"}, request).out, "");
  expect_metric("trellis_connections_refused_total", R"(reason="unrecognised")", 1);
}

TEST_F(Tls, LaterRequestMayGoOnAsWebSocket) {
  write_file(file("chain.pem"), read_file(file("server.pem")));
  start(site(""));
  const auto frame = [](const std::string& bytes) {
    return std::string("\x82") + static_cast<char>(0x80 | bytes.size()) + std::string(4, '\0') + bytes;
  };
  const CommandResult told =
      client({"-quiet"},
             "GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n"
             "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: "
             "mqtt\r\n\r\n" +
                 frame(Connect{.client_id = "page"}.encode(Version::v311)) + frame(std::string("\xE0\0", 2)));
  EXPECT_THAT(told.out, HasSubstr("path /one"));
  EXPECT_THAT(told.out, HasSubstr("HTTP/1.1 101"));
  EXPECT_THAT(told.out, HasSubstr(std::string("\x82\x04\x20\x02\x00\x00", 6))) << "the CONNACK";
}

}  // namespace
}  // namespace trellis::testing
