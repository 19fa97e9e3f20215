/// Whether JSON is JSON to its last letter. On-Demand alone passes over what nobody asks for, and a broken event would
/// break the whole answer it is spliced into.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string_view>

namespace events {

/// Walks whole values of one text, which the parser has tokenized.
class JsonWalk {
 public:
  /// text: what the parser reads, padding aside. depth: how many containers may stand in each other.
  JsonWalk(std::string_view text, std::size_t depth) : end_(text.data() + text.size()), most_(depth) {}

  bool value(simdjson::ondemand::value value) { return this->value(value, 1); }
  /// The front of the last value looked at: where it was broken, if it was.
  const char* at() const noexcept { return at_; }
  /// The name of a member between its quotes, as it is written. False where it is broken.
  bool name(simdjson::ondemand::field& member, std::string_view& raw);

 private:
  bool value(simdjson::ondemand::value value, std::size_t depth);

  const char* end_;
  const char* at_ = nullptr;
  std::size_t most_;
};

/// A text, number, true, false or null, without blanks around it, which a tokenizer found. Its bytes are UTF-8 without
/// controls already.
bool is_json_scalar(std::string_view token) noexcept;
/// A text in its quotes.
bool is_json_text(std::string_view token) noexcept;

}  // namespace events
