/// Why a request is refused, as it is answered.
#pragma once

#include <trellis/abi/resource.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace management {

struct Problem {
  std::uint32_t status = 400;
  std::string code;
  std::string message;
  std::string target = {};  ///< what it is about: a pointer into the body, or a parameter
  std::vector<Problem> details = {};

  /// {"error": {…}}
  std::string json() const;
};

Problem bad_request(std::string message, std::string_view target = {});

/// What the resources say of operations that cannot be done: the first decides, all are told. prefix: where an
/// operation's properties stand in the body, with its index in place of '*'.
Problem problem_of(const trellis_resource_result* results, std::uint32_t count, std::string_view prefix);

}  // namespace management
