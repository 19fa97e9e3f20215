// What is written about events that is not in them.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/events/event.hpp"

namespace hooks {

/// A UUID made of these parts and nothing else, so that it is the same whenever they are.
std::string stable_uuid(std::initializer_list<std::string_view> parts);

/// Appends the event in Event Grid's own schema. Values are taken over as they are written; attributes that the schema
/// has no place for are left out. received: the time of an event that says none.
void append_event_grid(std::string& out, const events::Event& event, std::chrono::milliseconds received);

}  // namespace hooks
