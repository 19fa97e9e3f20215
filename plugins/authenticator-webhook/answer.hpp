// What the endpoint answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "access/attributes.hpp"

namespace webhook {

enum class Verdict { allow, deny, unavailable };

struct Decision {
  Verdict verdict = Verdict::unavailable;
  std::string name = {};                   // allow
  rights::Attributes attributes = {};      // allow
  std::chrono::milliseconds expires = {};  // allow: Unix time; 0 is never
  std::string reason = {};                 // deny: what the endpoint said, for the log; unavailable: what is wrong
};

/// Of a complete response. An answer that is not understood is no answer: the client is told that nobody could judge
/// it, not that it is wrong.
Decision read_answer(std::uint32_t status, std::string_view body);

}  // namespace webhook
