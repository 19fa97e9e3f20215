// What PostgreSQL's errors mean for events.
#pragma once

#include <string>
#include <string_view>

#include "common/verdict/verdict.hpp"

namespace postgres {

struct Judged {
  common::Verdict verdict;
  bool of_row = false;           // other rows of the batch may well be taken
  bool ends_connection = false;  // nothing else will go on it either
};

/// Of a SQLSTATE and the first line of the message. who begins the reason.
Judged judge(std::string_view state, std::string_view message, std::string_view who);

/// Of a connection that did not come about: libpq tells no SQLSTATE then, so the server's words count.
common::Verdict judge_connection(std::string_view message, std::string_view who);

}  // namespace postgres
