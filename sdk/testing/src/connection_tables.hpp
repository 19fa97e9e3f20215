// The tables of a TestHost that have a file of their own. Not installed.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/dial.h>
#include <trellis/abi/domain.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/queue.h>
#include <trellis/abi/resource.h>
#include <trellis/abi/subscriber.h>

#include "world.hpp"

namespace trellis::testing {

/// What a trellis_batch handle points to.
struct FakeBatch {
  World* world;
  std::string name_space;
  std::vector<StageOutcome> outcomes;
  std::vector<Sample> copies;
  const trellis_identity* publisher = nullptr;
  bool over = false;
};

const trellis_host_stage* stage_table();
const trellis_host_connection* connection_table();
const trellis_host_subscriber* subscriber_table();
const trellis_host_queue* queue_table();
const trellis_host_handler* handler_table();
const trellis_layer_io* layer_io();
const trellis_host_dial* dial_table();
const trellis_host_domain* domain_table();
const trellis_host_resources* resource_table();

}  // namespace trellis::testing
