#include "support/faulty_store.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/broker_config.hpp"

namespace trellis::testing {

std::string FaultyStore::plugin(const std::string& config) {
  return R"("store-journal": {"file": ")" + test_plugins() + R"(/store-faulty.so", "config": {"path": "store")" +
         config + "}}";
}

std::string FaultyStore::tell(const std::string& line) const {
  const std::string answer = ask(line);
  if (!answer.starts_with("ok")) throw std::runtime_error("store-faulty: " + line + ": " + answer);
  return answer.size() > 3 ? answer.substr(3) : "";
}

void FaultyStore::cut(const std::string& stays) const {
  if (const std::string answer = ask(stays.empty() ? "cut" : "cut " + stays); !answer.empty())
    throw std::runtime_error("store-faulty: cut: " + answer);
}

void FaultyStore::at_start(const std::string& lines) const {
  std::filesystem::create_directories(folder_);
  std::ofstream file(folder_ + "/faults");
  file << lines;
  if (!file.flush()) throw std::runtime_error("cannot write " + folder_ + "/faults");
}

// The line of an answer, or nothing where the process ended instead.
std::string FaultyStore::ask(const std::string& line) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder_ + "/faults.sock";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string why = std::strerror(errno);
    ::close(client);
    throw std::runtime_error("cannot connect to " + path + ": " + why);
  }
  const std::string request = line + "\n";
  std::string answer;
  std::array<char, 256> some{};
  if (::send(client, request.data(), request.size(), MSG_NOSIGNAL) >= 0) {
    for (ssize_t n = 0; (n = ::read(client, some.data(), some.size())) > 0;) answer.append(some.data(), n);
  }
  ::close(client);
  return answer.substr(0, answer.find('\n'));
}

}  // namespace trellis::testing
