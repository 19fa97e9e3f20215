#include "kind_example.hpp"

#include <string_view>

struct KindExample::ShardOf {
  KindExample& plugin;

  Connection* open(trellis_connection* handle) noexcept;
  void close(Connection* connection, std::uint32_t reason) noexcept;
};

class KindExample::Connection {
 public:
  Connection(const KindExample& plugin, trellis_connection* handle) noexcept : plugin_(plugin), handle_(handle) {}

  /// How many bytes were used; the rest comes again with what follows.
  std::size_t on_bytes(std::span<const std::uint8_t> data, std::size_t& wanted) noexcept {
    const std::string_view input(reinterpret_cast<const char*>(data.data()), data.size());
    std::size_t used = 0;
    for (std::size_t end = input.find('\n'); end != std::string_view::npos; end = input.find('\n', used)) {
      plugin_.connections_->write(handle_, input.data() + used, end + 1 - used);
      plugin_.lines_.add_any();
      used = end + 1;
    }
    if (input.size() - used > kMostBytes) {
      plugin_.connections_->close(handle_);
      return input.size();
    }
    wanted = input.size() - used + 1;
    return used;
  }

  /// The broker stops.
  void on_drain() noexcept { plugin_.connections_->close(handle_); }

 private:
  const KindExample& plugin_;
  trellis_connection* const handle_;
};

KindExample::Connection* KindExample::ShardOf::open(trellis_connection* handle) noexcept {
  return new (std::nothrow) Connection(plugin, handle);
}

void KindExample::ShardOf::close(Connection* connection, std::uint32_t) noexcept { delete connection; }

trellis::Result<void> KindExample::start() {
  connections_ = host().table<trellis_host_connection>();
  lines_ = host().counter("kind_example_lines_total", "Lines that were answered.");
  return trellis::ok();
}

const trellis_protocol& KindExample::protocol() const noexcept {
  static constexpr trellis_protocol kTable = trellis::protocol_table<ShardOf, Connection>();
  return kTable;
}

void* KindExample::open_shard(trellis_shard*, std::uint32_t) { return new ShardOf{*this}; }

void KindExample::close_shard(void* state) noexcept { delete static_cast<ShardOf*>(state); }

TRELLIS_PLUGIN(KindExample)
