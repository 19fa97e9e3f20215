/// What is counted.
#pragma once

#include <array>
#include <cstdint>
#include <trellis/host.hpp>

namespace mqtt_http {

enum class Doing : std::uint8_t {
  other,
  publish,
  batch,
  read_retained,
  list_retained,
  delete_retained,
  subscribe,
  request
};
inline constexpr std::size_t kDoings = 8;

struct Metrics {
  static Metrics declare(const trellis::Host& host);
  void count(const trellis::Shard& shard, Doing doing, std::uint32_t status) const noexcept {
    answers[static_cast<std::size_t>(doing)][status < 400 ? 0 : status < 500 ? 1 : 2].add(shard);
  }

  std::array<std::array<trellis::Metric, 3>, kDoings> answers;  ///< success, refused, failed
  trellis::Metric aborted;                                      ///< whose client went before it was answered
  trellis::Metric messages;
  trellis::Metric streams;
  trellis::Metric events;
  trellis::Metric dropped;
  trellis::Metric waiting;
  trellis::Metric matched, late, foreign;
};

}  // namespace mqtt_http
