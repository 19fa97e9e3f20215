// What the conditions of AMQP, and outcomes of deliveries, mean for an event.
#pragma once

#include <proton/condition.h>

#include <string>
#include <string_view>

#include "common/verdict/verdict.hpp"

namespace amqp {

/// Where a condition ends a link, a session or a connection: everything is tried again. who begins the reason.
common::Verdict judge_end(std::string_view who, std::string_view name, std::string_view description);
common::Verdict judge_end(std::string_view who, pn_condition_t* condition, std::string_view otherwise);

/// Of one delivery, by its state (PN_ACCEPTED and so on) and the condition a rejection has.
common::Verdict judge_outcome(std::string_view who, std::uint64_t state, pn_condition_t* condition);

}  // namespace amqp
