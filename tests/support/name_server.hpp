// A name server on loopback that knows what the test tells it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace trellis::testing {

/// Answers over UDP from construction to destruction. Members are for the test's thread.
class NameServer {
 public:
  NameServer();
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  /// "127.0.0.1:port".
  const std::string& address() const noexcept { return address_; }
  /// Addresses of both families, in order; replaces those the name had.
  void set_addresses(const std::string& name, const std::vector<std::string>& addresses, std::uint32_t ttl_s = 60);
  void set_texts(const std::string& name, const std::vector<std::string>& texts);
  /// Questions are taken and not answered.
  void be_silent(bool silent = true);
  /// How often anything about the name was asked.
  std::size_t asked(const std::string& name) const;

 private:
  struct Record {
    std::uint16_t type;
    std::uint32_t ttl_s;
    std::string data;
  };
  void run();
  std::string answer(const std::string& question);

  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Record>> records_;
  std::map<std::string, std::size_t> asked_;
  bool silent_ = false;
  std::string address_;
  int fd_;
  int stop_fd_;
  std::thread thread_;
};

}  // namespace trellis::testing
