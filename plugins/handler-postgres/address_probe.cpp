#include "address_probe.hpp"

#include <trellis/abi/dial.h>

#include <utility>

namespace postgres {
namespace {

/// One that is dialled. It is over as soon as it is open: only its address is wanted.
struct Dialled {
  const trellis_host_connection* table;
  AddressProbe::Answer answer;
  std::string name;

  void tell(Probed probed) {
    if (const auto told = std::exchange(answer, nullptr)) told(std::move(probed));
  }
};

void* on_open(void* user, trellis_connection* connection) {
  auto& mine = *static_cast<Dialled*>(user);
  trellis_connection_info info{};
  info.struct_size = sizeof(info);
  mine.table->info(connection, &info);
  std::string address(trellis::text(info.peer));
  address.resize(std::min(address.rfind(':'), address.size()));
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  mine.table->close(connection);
  mine.tell({std::move(address)});
  return user;
}

std::size_t on_bytes(void*, void*, const std::uint8_t*, std::size_t size, std::size_t*) { return size; }

void on_close(void*, void* user, std::uint32_t) { delete static_cast<Dialled*>(user); }

void on_failed(void* user, std::uint32_t reason, trellis_view text) {
  const std::unique_ptr<Dialled> mine(static_cast<Dialled*>(user));
  mine->tell({{}, common::judge_dial(reason, mine->name, trellis::text(text))});
}

constexpr trellis_protocol kProtocol{
    sizeof(trellis_protocol), &on_open, &on_bytes, nullptr, nullptr, nullptr, &on_close, nullptr, nullptr, nullptr};

}  // namespace

void AddressProbe::ask(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                       Answer answer) const {
  const auto* dial = shard_.host().table<trellis_host_dial>();
  const auto* table = shard_.host().table<trellis_host_connection>();
  auto made =
      std::make_unique<Dialled>(Dialled{table, std::move(answer), "postgres://" + host + ":" + std::to_string(port)});
  const trellis_dial_target target{
      sizeof(trellis_dial_target), 0, trellis::view(host), port, static_cast<std::uint32_t>(timeout.count()), {}, {}};
  if (dial != nullptr && table != nullptr &&
      dial->dial(shard_.host().handle(), shard_.handle(), &target, &kProtocol, made.get(), &on_failed) != 0) {
    (void)made.release();
    return;
  }
  made->tell({{}, common::Verdict::stopped()});
}

}  // namespace postgres
