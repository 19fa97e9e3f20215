#include "support/name_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace trellis::testing {
namespace {

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kText = 16;
constexpr std::uint16_t kAaaa = 28;
constexpr std::size_t kHeader = 12;

std::string number(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

}  // namespace

NameServer::NameServer() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), stop_fd_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
    throw std::runtime_error("no port for a name server");
  }
  address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  thread_ = std::thread([this] { run(); });
}

NameServer::~NameServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_fd_, &one, sizeof one);
  thread_.join();
  ::close(stop_fd_);
  ::close(fd_);
}

void NameServer::set_addresses(const std::string& name, const std::vector<std::string>& addresses,
                               std::uint32_t ttl_s) {
  std::vector<Record> records;
  for (const std::string& address : addresses) {
    char bytes[sizeof(in6_addr)];
    const bool v6 = address.find(':') != std::string::npos;
    if (::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes) != 1) throw std::invalid_argument(address);
    records.push_back({v6 ? kAaaa : kA, ttl_s, std::string(bytes, v6 ? 16 : 4)});
  }
  const std::lock_guard lock(mutex_);
  records_[name] = std::move(records);
}

void NameServer::set_texts(const std::string& name, const std::vector<std::string>& texts) {
  std::vector<Record> records;
  for (const std::string& text : texts) {
    std::string data;
    for (std::size_t at = 0; at < text.size() || at == 0; at += 255) {
      const std::string piece = text.substr(at, 255);
      data += static_cast<char>(piece.size()) + piece;
    }
    records.push_back({kText, 60, data});
  }
  const std::lock_guard lock(mutex_);
  records_[name] = std::move(records);
}

void NameServer::be_silent(bool silent) {
  const std::lock_guard lock(mutex_);
  silent_ = silent;
}

std::size_t NameServer::asked(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(name);
  return found == asked_.end() ? 0 : found->second;
}

void NameServer::run() {
  while (true) {
    pollfd both[] = {{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    ::poll(both, 2, -1);
    if (both[1].revents != 0) return;
    char buffer[512];
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t n = ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (n < static_cast<ssize_t>(kHeader)) continue;
    const std::string reply = answer(std::string(buffer, static_cast<std::size_t>(n)));
    if (!reply.empty()) ::sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

// One question, not compressed, as every client asks.
std::string NameServer::answer(const std::string& question) {
  std::string name;
  std::size_t at = kHeader;
  while (at < question.size() && question[at] != 0) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(question[at]));
    name += (name.empty() ? "" : ".") + question.substr(at + 1, size);
    at += 1 + size;
  }
  at += 1;
  if (at + 4 > question.size()) return {};
  const auto type = static_cast<std::uint16_t>((question[at] << 8) | static_cast<unsigned char>(question[at + 1]));
  const std::lock_guard lock(mutex_);
  ++asked_[name];
  if (silent_) return {};
  const auto known = records_.find(name);
  std::string records;
  std::uint32_t count = 0;
  for (const Record& record : known == records_.end() ? std::vector<Record>() : known->second) {
    if (record.type != type) continue;
    ++count;
    records += "\xC0\x0C" + number(record.type, 2) + number(1, 2) + number(record.ttl_s, 4) +
               number(static_cast<std::uint32_t>(record.data.size()), 2) + record.data;
  }
  const std::string flags = known == records_.end() ? std::string("\x85\x83", 2) : std::string("\x85\x80", 2);
  return question.substr(0, 2) + flags + number(1, 2) + number(count, 2) + number(0, 4) +
         question.substr(kHeader, at + 4 - kHeader) + records;
}

}  // namespace trellis::testing
