// What the library's errors mean for an event.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <trellis/handler.hpp>

#include "common/verdict/verdict.hpp"
#include "target.hpp"

namespace kafka {

/// What a client last had to complain about; no cause where all is well.
struct Trouble {
  trellis::Cause cause = trellis::Cause::none;
  std::string text = {};
};

/// The cause behind an error of the library or of a cluster; busy, timed_out and so on.
trellis::Cause cause_of(rd_kafka_resp_err_t error);

/// Of a delivery report. What only says that time is over has the cause of the client's trouble.
common::Verdict judge(rd_kafka_resp_err_t error, const Target& target, const Trouble& trouble);

}  // namespace kafka
