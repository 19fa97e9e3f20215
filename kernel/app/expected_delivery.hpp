// Deliveries that handlers were given by other plugins.
#pragma once

#include <trellis/abi/handler.h>

#include <cstdint>
#include <trellis/runtime/views.hpp>

namespace trellis::kernel {

/// What a handler has not said yet how it went, and who wants to know.
struct ExpectedDelivery {
  trellis_settled_fn settled;
  void* user;
  std::uint64_t what;

  static void late(const ExpectedDelivery& delivery) {
    const trellis_delivery_result result{sizeof result,
                                         TRELLIS_DELIVERY_RETRY,
                                         0,
                                         TRELLIS_CAUSE_TIMED_OUT,
                                         0,
                                         runtime::view_of("the handler did not answer in time")};
    delivery.settled(delivery.user, delivery.what, &result);
  }
};

}  // namespace trellis::kernel
