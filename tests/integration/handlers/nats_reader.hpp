// A client of NATS that is nobody's of ours.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace trellis::testing {

/// Just enough to make a stream and to read it.
class NatsReader {
 public:
  NatsReader(std::uint16_t port, const std::string& options = "\"verbose\":false") {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("cannot connect to NATS");
    }
    send("CONNECT {" + options + "}\r\nSUB reply 1\r\n");
  }
  ~NatsReader() { ::close(socket_); }
  NatsReader(const NatsReader&) = delete;
  NatsReader& operator=(const NatsReader&) = delete;

  void send(const std::string& text) { (void)!::write(socket_, text.data(), text.size()); }
  std::string ask(const std::string& subject, const std::string& json) {
    send("PUB " + subject + " reply " + std::to_string(json.size()) + "\r\n" + json + "\r\n");
    return payload("1");
  }
  /// Payloads of the stream ORDERS, which has that many messages.
  std::vector<std::string> all_of_orders(std::size_t count) {
    // One of its own: the server goes on with what it delivers to readers that have gone.
    static int readers = 0;
    const std::string subject = "everything-" + std::to_string(++readers);
    send("SUB " + subject + " 2\r\n");
    const std::string all = R"({"stream_name":"ORDERS","config":{"deliver_subject":")" + subject +
                            R"(","ack_policy":"none","deliver_policy":"all"}})";
    // Whether the answer or the first message comes first nobody knows.
    send("PUB $JS.API.CONSUMER.CREATE.ORDERS reply " + std::to_string(all.size()) + "\r\n" + all + "\r\n");
    std::vector<std::string> payloads;
    while (payloads.size() < count) payloads.push_back(payload("2"));
    return payloads;
  }
  /// Of the next message to that subscription.
  std::string payload(const std::string& subscription) {
    for (;;) {
      const std::string head = line();
      if (head == "PING") send("PONG\r\n");
      if (!head.starts_with("MSG ") && !head.starts_with("HMSG ")) continue;
      const std::size_t size = std::stoul(head.substr(head.rfind(' ') + 1));
      std::string all = take(size + 2).substr(0, size);
      std::istringstream words(head);
      std::string kind, subject, to;
      words >> kind >> subject >> to;
      if (to != subscription) continue;
      const auto headers = head.starts_with("HMSG ") ? all.find("\r\n\r\n") + 4 : 0;
      return all.substr(headers);
    }
  }

 private:
  void more() {
    char room[65536];
    const auto count = ::read(socket_, room, sizeof(room));
    if (count <= 0) throw std::runtime_error("NATS says no more; so far: " + bytes_.substr(at_, 500));
    bytes_.erase(0, at_);
    at_ = 0;
    bytes_.append(room, static_cast<std::size_t>(count));
  }
  std::string take(std::size_t size) {
    while (bytes_.size() - at_ < size) more();
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  std::string line() {
    std::size_t end = 0;
    while ((end = bytes_.find("\r\n", at_)) == std::string::npos) more();
    const std::size_t size = end - at_;
    return take(size + 2).substr(0, size);
  }

  int socket_;
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace trellis::testing
