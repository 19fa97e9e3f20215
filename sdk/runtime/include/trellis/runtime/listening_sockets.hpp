// Sockets that listen, on every address a text names, for every shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/runtime/address.hpp>
#include <vector>

namespace trellis::runtime {

/// Closed with it, unless they were taken.
class ListeningSockets {
 public:
  struct Options {
    std::size_t shards = 1;
    int backlog = 4096;
    /// Ports of ours that are about to be closed, and so are not taken.
    std::vector<std::uint16_t> leaving = {};
  };
  /// text: "host:port", "*:port" for every address of both families, "unix:/path", "systemd:name". With port 0 the
  /// first decides the port. Nothing with error set when that fails, as when somebody listens there already. Blocks on
  /// name look-ups. [control]
  static std::optional<ListeningSockets> open(std::string_view text, const Options& options, std::string& error);

  ListeningSockets(ListeningSockets&& other) noexcept;
  ListeningSockets& operator=(ListeningSockets&&) = delete;
  ~ListeningSockets();

  /// What the first is bound to.
  const std::string& address() const noexcept { return address_; }
  std::uint16_t port() const noexcept { return port_; }
  /// By address, then by shard; whoever takes them closes them.
  std::vector<std::vector<int>> take() noexcept;

 private:
  ListeningSockets() = default;
  bool add(Address address, const Options& options, std::string& error);
  bool inherit(std::string_view name, const Options& options, std::string& error);
  bool share(int fd, std::size_t shards);

  std::string address_;
  std::uint16_t port_ = 0;
  std::vector<std::vector<int>> sockets_;
};

/// The file of a Unix socket that nobody listens on any more goes; other addresses have none.
void forget_socket_file(const std::string& address) noexcept;

}  // namespace trellis::runtime
