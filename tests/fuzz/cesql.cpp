// Expressions of CESQL, and events they are judged on: what compiles keeps its limits and gives the same value each
// time, of the type that was promised; and an expression means the same under brackets.
//
// Input: an expression, a line feed, an event in structured mode.
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "common/cesql/compile.hpp"
#include "common/cesql/evaluate.hpp"
#include "fuzz.hpp"
#include "message_attributes.hpp"

namespace {

using trellis::fuzz::require;
using namespace cesql;

/// The event, in a buffer of its own so that reading beyond its end is seen.
class Event {
 public:
  explicit Event(std::string_view json) : bytes_(new char[json.size()]) {
    json.copy(bytes_.get(), json.size());
    raw_.struct_size = sizeof raw_;
    raw_.flags = TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
    raw_.payload = trellis::view(std::string_view(bytes_.get(), json.size()));
    raw_.content_type = trellis::view(std::string_view("application/cloudevents+json"));
  }
  const trellis_message* raw() const { return &raw_; }

 private:
  std::unique_ptr<char[]> bytes_;
  trellis_message raw_{};
};

struct Given {
  Type type;
  std::int32_t number;
  std::string text;
  Error error;
  bool operator==(const Given&) const = default;
};

Given judge(const Program& program, const Event& event) {
  const trellis::Message message(event.raw());
  MessageAttributes attributes(message, 1U << 20U);
  Scratch scratch;
  const Outcome outcome = evaluate(program, attributes, scratch);
  return {outcome.value.type, outcome.value.number, std::string(outcome.value.text), outcome.error};
}

void check_program(const Program& program) {
  for (const Instruction& instruction : program.code) {
    const bool jumps = instruction.op >= Op::and_then && instruction.op <= Op::not_in;
    const auto target = static_cast<std::size_t>(instruction.operand);
    if (!jumps) continue;
    require(target <= program.code.size(), "jumps stay within the program");
    require(&program.code[0] + target > &instruction, "jumps go forward, so every program ends");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = text.find('\n');
  const std::string_view expression = text.substr(0, newline);
  const Event event(newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1));
  const auto compiled = compile(expression);
  if (const auto* mistake = std::get_if<Mistake>(&compiled)) {
    require(!mistake->text.empty(), "a refusal says why");
    require(mistake->error == Error::parse || mistake->error == Error::missing_function, "a refusal is one of two");
    return 0;
  }
  require(expression.size() <= kMostBytes, "an expression keeps its limit");
  const auto& program = std::get<Program>(compiled);
  check_program(program);
  const Given given = judge(program, event);
  require(program.type == Type::any || given.type == program.type, "the type is the one that was promised");
  require(given == judge(program, event), "an expression gives the same value each time");
  const auto bracketed = compile("(" + std::string(expression) + ")");
  if (const auto* same = std::get_if<Program>(&bracketed)) {
    require(given == judge(*same, event), "an expression means the same in brackets");
  }
  return 0;
}
