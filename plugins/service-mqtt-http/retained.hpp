/// Retained messages: read, listed, deleted.
#pragma once

#include <memory>

#include "call.hpp"

namespace mqtt_http {

void read_retained(const std::shared_ptr<Call>& call, const trellis::Request& request);
void list_retained(const std::shared_ptr<Call>& call, const trellis::Request& request);
void delete_retained(const std::shared_ptr<Call>& call, const trellis::Request& request);

}  // namespace mqtt_http
