// An HTTP endpoint on loopback that does as a test says, wrong things too.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace trellis::testing {

/// Each connection has a thread of its own, which ends with the endpoint.
class Endpoint {
 public:
  struct Request {
    std::string head{};  // with its first line, in the letters it came with
    std::string path{};
    std::string body{};
  };
  enum class Then {
    keep,   // reads the next request
    close,  // ends the connection
    reset,  // breaks it off
    stall,  // says nothing more
    stream  // goes on sending the same bytes for as long as they are taken
  };
  struct Answer {
    std::string bytes = ok();
    Then then = Then::keep;
  };
  using Script = std::function<Answer(const Request&)>;

  static std::string status(int code, const std::string& fields = "", const std::string& body = "");
  static std::string ok() { return status(200); }

  /// script: called on threads of the endpoint, one call at a time.
  explicit Endpoint(Script script);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  /// All that came so far.
  std::vector<Request> requests() const;
  /// Nobody is there any more, and what is connected breaks; then somebody is there again, at the same port.
  void leave();
  void come_back();

 private:
  void listen();
  void accept_all(int listener);
  void serve(int socket);
  bool act(int socket, const Answer& answer);
  bool read_request(int socket, std::string& buffer, Request& request);

  const Script script_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  mutable std::mutex mutex_;
  bool away_ = false;              // guarded by mutex_, as all below
  std::vector<int> sockets_;       // open ones
  std::vector<Request> requests_;  // that came
  std::vector<std::thread> threads_;
};

}  // namespace trellis::testing
