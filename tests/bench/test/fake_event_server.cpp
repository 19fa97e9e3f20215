// Answers with the help of a JSON library, so that it shares nothing with what it tests.
#include "fake_event_server.hpp"

#include <json/reader.h>
#include <json/writer.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace trellis::bench {
namespace {

constexpr std::size_t kMostEvents = 100;

Json::Value parse(const std::string& text) {
  Json::Value value;
  std::istringstream(text) >> value;
  return value;
}

std::string to_text(const Json::Value& value) {
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  return Json::writeString(writer, value);
}

std::size_t body_size(const std::string& head) {
  constexpr std::string_view kField = "\r\nContent-Length: ";
  return std::stoul(head.substr(head.find(kField) + kField.size()));
}

std::string in_chunks(const std::string& body) {
  constexpr std::size_t kChunk = 5000;
  std::ostringstream out;
  for (std::size_t at = 0; at < body.size(); at += kChunk) {
    const std::string chunk = body.substr(at, kChunk);
    out << std::hex << chunk.size() << "\r\n" << chunk << "\r\n";
  }
  out << "0\r\n\r\n";
  return out.str();
}

}  // namespace

FakeEventServer::FakeEventServer(Wrong wrong, std::string key, bool chunked)
    : wrong_(wrong), key_(std::move(key)), chunked_(chunked) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, generic, &length) != 0) {
    throw std::runtime_error("no listener");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

FakeEventServer::~FakeEventServer() {
  const std::uint64_t one = 1;
  if (::write(wake_, &one, sizeof one) == sizeof one) thread_.join();
  for (const auto& connection : connections_) ::close(connection.fd);
  ::close(listener_);
  ::close(wake_);
}

void FakeEventServer::serve() {
  for (;;) {
    std::vector<pollfd> polled{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& connection : connections_) polled.push_back({connection.fd, POLLIN, 0});
    ::poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    std::size_t at = 2;
    for (auto connection = connections_.begin(); connection != connections_.end(); ++at) {
      if (polled[at].revents == 0 || read(*connection)) {
        ++connection;
        continue;
      }
      std::erase(waiting_, connection->fd);
      ::close(connection->fd);
      connection = connections_.erase(connection);
    }
    if (polled[1].revents != 0) connections_.push_back({::accept(listener_, nullptr, nullptr), {}});
  }
}

bool FakeEventServer::read(Connection& connection) {
  char buffer[65536];
  const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  connection.in.append(buffer, static_cast<std::size_t>(got));
  for (;;) {
    const auto end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    const std::string head = connection.in.substr(0, end + 2);
    const std::size_t size = end + 4 + body_size(head);
    if (connection.in.size() < size) return true;
    const std::string body = connection.in.substr(end + 4, size - end - 4);
    connection.in.erase(0, size);
    handle(connection.fd, head, body);
  }
}

void FakeEventServer::handle(int fd, const std::string& head, const std::string& body) {
  const std::string line = head.substr(0, head.find("\r\n"));
  const auto is = [&](const char* operation) {
    return line.starts_with("POST /topics/bench" + std::string(operation) + "?api-version=2024-06-01");
  };
  if (head.find("\r\nAuthorization: SharedAccessKey " + key_ + "\r\n") == std::string::npos) {
    return answer(fd, 401, R"({"error":{"code":"Unauthorized","message":"wrong key"}})");
  }
  if (is(":publish")) {
    publish(head, body);
    answer(fd, 200, "{}");
    while (!queue_.empty() && !waiting_.empty()) {
      const int first = waiting_.front();
      waiting_.pop_front();
      receive(first);
    }
  } else if (is("/eventsubscriptions/all:receive")) {
    receive(fd);
  } else if (is("/eventsubscriptions/all:acknowledge")) {
    answer(fd, 200, to_text(acknowledge(body)));
  } else {
    answer(fd, 404, R"({"error":{"code":"NotFound","message":"no such operation"}})");
  }
}

void FakeEventServer::publish(const std::string& head, const std::string& body) {
  const bool batch = head.find("application/cloudevents-batch+json") != std::string::npos;
  for (const auto& event : parse(batch ? body : "[" + body + "]")) {
    if (++published_ % kEvery == 0 && wrong_ == Wrong::loses) continue;
    queue_.push_back({event, 1});
  }
}

void FakeEventServer::receive(int fd) {
  if (queue_.empty()) {
    waiting_.push_back(fd);
    most_waiting_ = std::max(most_waiting_.load(), waiting_.size());
    return;
  }
  Json::Value value(Json::arrayValue);
  for (std::size_t i = 0; i < kMostEvents && !queue_.empty(); ++i) {
    const std::string token = "t+/=" + std::to_string(leases_++);
    Json::Value detail;
    detail["brokerProperties"]["lockToken"] = token;
    detail["brokerProperties"]["deliveryCount"] = queue_.front().delivery_count;
    detail["event"] = queue_.front().event;
    value.append(detail);
    leased_[token] = queue_.front();
    queue_.pop_front();
  }
  Json::Value whole;
  whole["value"] = value;
  answer(fd, 200, to_text(whole));
}

Json::Value FakeEventServer::acknowledge(const std::string& body) {
  Json::Value answer;
  answer["succeededLockTokens"] = answer["failedLockTokens"] = Json::Value(Json::arrayValue);
  const Json::Value request = parse(body);
  for (const auto& token : request["lockTokens"]) {
    const auto lease = leased_.find(token.asString());
    const bool chosen = ++settled_ % kEvery == 0;
    if (lease == leased_.end() || (chosen && wrong_ == Wrong::loses_tokens)) {
      answer["failedLockTokens"].append(Json::Value(Json::objectValue))["lockToken"] = token;
      continue;
    }
    if (chosen && wrong_ == Wrong::repeats) queue_.push_back(lease->second);
    if (chosen && wrong_ == Wrong::repeats_openly) queue_.push_back({lease->second.event, 2});
    leased_.erase(lease);
    answer["succeededLockTokens"].append(token);
  }
  return answer;
}

void FakeEventServer::answer(int fd, int status, const std::string& body) const {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Word\r\nContent-Type: application/json\r\n";
  text += chunked_ ? "Transfer-Encoding: chunked\r\n\r\n" + in_chunks(body)
                   : "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t now = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return;
    sent += static_cast<std::size_t>(now);
  }
}

}  // namespace trellis::bench
