// Runs what npm installed for the client tests, and speaks the little REST that tests need.
#include "support/azurite.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "support/http_client.hpp"

namespace trellis::testing {
namespace {

constexpr std::chrono::seconds kPatience{60};  // Node reads thousands of files first

std::vector<std::string> texts_between(const std::string& document, const std::string& open, const std::string& close) {
  std::vector<std::string> found;
  for (std::size_t at = document.find(open); at != std::string::npos; at = document.find(open, at)) {
    at += open.size();
    const std::size_t end = document.find(close, at);
    if (end == std::string::npos) break;
    found.push_back(document.substr(at, end - at));
  }
  return found;
}

std::string decode(const std::string& base64) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : base64) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU);
  }
  return out;
}

// A body in chunks, which the client leaves alone.
std::string read_chunks(HttpClient& client) {
  std::string body;
  while (true) {
    std::string line;
    while (!line.ends_with("\r\n")) line += client.read(1);
    const std::size_t size = std::stoul(line, nullptr, 16);
    const std::string chunk = client.read(size + 2);
    if (size == 0) return body;
    body.append(chunk, 0, size);
  }
}

}  // namespace

Azurite::Azurite(Service service, std::string folder, std::uint16_t port)
    : service_(service), folder_(std::move(folder)), port_(port) {
  start();
}

void Azurite::start() {
  const std::string name = service_ == Service::blob ? "blob" : "queue";
  process_ = std::make_unique<ChildProcess>(std::vector<std::string>{
      "env", std::string("AZURITE_ACCOUNTS=shop:") + kKey, TRELLIS_NODE,
      TRELLIS_NODE_MODULES "/node_modules/azurite/dist/src/" + name + "/main.js", "--" + name + "Host", "127.0.0.1",
      "--" + name + "Port", std::to_string(port_), "--location", folder_, "--silent", "--disableTelemetry"});
  const bool there = process_->wait_for_output(
      [](const std::string& output) { return output.find("successfully listens") != std::string::npos; }, kPatience);
  if (!there) throw std::runtime_error("azurite does not serve:\n" + process_->output());
}

void Azurite::end(int signal) {
  process_->signal(signal);
  if (!process_->wait(kPatience)) throw std::runtime_error("azurite does not end:\n" + process_->output());
}

std::string Azurite::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/shop"; }

HttpAnswer Azurite::ask(const std::string& method, const std::string& path, const std::string& body,
                        const std::string& fields) const {
  HttpClient client(port_);
  const char separator = path.find('?') == std::string::npos ? '?' : '&';
  client.send(method + " /shop/" + path + separator + kSas + " HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(port_) +
              "\r\n" + fields + "content-length: " + std::to_string(body.size()) + "\r\nconnection: close\r\n\r\n" +
              body);
  HttpAnswer answer = client.receive();
  if (answer.head.find("Transfer-Encoding: chunked") != std::string::npos) answer.body = read_chunks(client);
  return answer;
}

void Azurite::create(const std::string& name) const {
  const auto answer = ask("PUT", name + (service_ == Service::blob ? "?restype=container" : ""));
  if (answer.status != 201) throw std::runtime_error("azurite: " + answer.head + answer.body);
}

std::vector<std::string> Azurite::receive(const std::string& queue) const {
  std::vector<std::string> all;
  while (true) {
    const auto answer = ask("GET", queue + "/messages?numofmessages=32&visibilitytimeout=3600");
    if (answer.status != 200) throw std::runtime_error("azurite: " + answer.head + answer.body);
    const auto some = texts_between(answer.body, "<MessageText>", "</MessageText>");
    if (some.empty()) return all;
    std::ranges::transform(some, std::back_inserter(all), decode);
  }
}

std::vector<std::string> Azurite::blobs(const std::string& container) const {
  const auto answer = ask("GET", container + "?restype=container&comp=list");
  if (answer.status != 200) throw std::runtime_error("azurite: " + answer.head + answer.body);
  return texts_between(answer.body, "<Name>", "</Name>");
}

}  // namespace trellis::testing
