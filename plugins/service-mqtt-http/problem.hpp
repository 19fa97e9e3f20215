/// Why a request is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mqtt_http {

struct Problem {
  std::uint32_t status = 400;
  std::string message;  ///< a sentence: what was found, what was expected
  std::string target;   ///< the parameter, header or member it is about; may be empty
};

inline Problem bad_request(std::string message, std::string target = {}) {
  return {400, std::move(message), std::move(target)};
}

/// "BadRequest" with 400; what every answer about an error carries in its body and in x-ms-error-code.
std::string_view code_of(std::uint32_t status) noexcept;

/// {"error": {"code", "message", "target"?}}
std::string error_body(const Problem& problem);

/// What came from outside, for a message: cut where it is long, with '?' for what cannot be printed, in quotes.
std::string in_quotes(std::string_view found);

/// As a JSON text with its quotes; what is no UTF-8 becomes U+FFFD.
void append_json_text(std::string& out, std::string_view text);

}  // namespace mqtt_http
