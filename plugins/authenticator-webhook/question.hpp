// What the endpoint is asked.
#pragma once

#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>

namespace webhook {

/// The body of the request: everything the client showed, in JSON. What it did not show is left out.
std::string question_body(const trellis::AuthRequest& request);

/// A certificate as PEM, from DER.
std::string to_pem(std::string_view der);

}  // namespace webhook
