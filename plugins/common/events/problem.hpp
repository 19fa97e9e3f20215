/// Why a request of the event API is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace events {

struct Problem {
  std::uint32_t status = 400;
  std::string_view code = "BadRequest";  ///< static; of the answer's body and of its header x-ms-error-code
  std::string message;                   ///< a sentence: what was found, what was expected
  std::string target;                    ///< the parameter, attribute or member it is about; may be empty
  std::optional<std::size_t> event;      ///< which event of the request, counted from 0
};

/// The code that goes with a status: "BadRequest" with 400. Statuses without one get the code of 500.
std::string_view code_of(std::uint32_t status) noexcept;

Problem problem(std::uint32_t status, std::string message, std::string target = {});

/// What came from outside, for a message: cut where it is long, with '?' for what is no printable UTF-8.
std::string shown(std::string_view found);
/// The same in quotes.
std::string in_quotes(std::string_view found);

}  // namespace events
