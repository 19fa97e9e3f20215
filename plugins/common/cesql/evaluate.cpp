#include "common/cesql/evaluate.hpp"

#include <array>
#include <limits>
#include <memory>

namespace cesql {
namespace {

/// Two numbers that fit 32 bits have their sum, difference, product and quotient in 64.
Error calculate(Op op, std::int64_t x, std::int64_t y, Value& result) noexcept {
  const bool divides = op == Op::divide || op == Op::remainder;
  std::int64_t exact = 0;
  if (divides && y == 0) return Error::math;
  if (op == Op::add) exact = x + y;
  if (op == Op::subtract) exact = x - y;
  if (op == Op::multiply) exact = x * y;
  if (op == Op::divide) exact = x / y;
  if (op == Op::remainder) exact = x % y;
  using Limits = std::numeric_limits<std::int32_t>;
  if (exact < Limits::min() || exact > Limits::max()) return Error::math;
  result = Value::of(static_cast<std::int32_t>(exact));
  return Error::none;
}

bool compare(Op op, std::int32_t x, std::int32_t y) noexcept {
  if (op == Op::less) return x < y;
  if (op == Op::less_equal) return x <= y;
  if (op == Op::greater) return x > y;
  return x >= y;
}

/// Of two values of one type.
bool same(const Value& x, const Value& y) noexcept {
  return x.type == Type::text ? x.text == y.text : x.number == y.number;
}

/// Room for values, of which none exists before it is pushed: to make all of them would take longer than most
/// expressions.
union Stack {
  Stack() noexcept {}  // NOLINT(modernize-use-equals-default): that would be deleted
  std::array<Value, Program::kMostValues> values;
};

class Machine {
 public:
  Machine(const Program& program, Attributes& attributes, Scratch& scratch) noexcept
      : program_(program), attributes_(attributes), scratch_(scratch) {}

  Outcome run() noexcept {
    const std::size_t size = program_.code.size();
    for (std::size_t at = 0; at < size;) {
      const Instruction& instruction = program_.code[at];
      next_ = ++at;
      if (const Error error = execute(instruction); error != Error::none) {
        return {at == size ? result_ : Value::zero(program_.type), error};
      }
      at = next_;
    }
    return {top(), Error::none};
  }

 private:
  Value* at(std::size_t index) noexcept { return stack_.values.data() + index; }
  Value& top() noexcept { return *at(depth_ - 1); }
  void push(Value value) noexcept { std::construct_at(at(depth_++), value); }

  /// Of an instruction that fails; counts only where it is the last one.
  Error fails(Error error, Value value) noexcept {
    result_ = value;
    return error;
  }
  Error fails(Error error, Type type) noexcept { return fails(error, Value::zero(type)); }

  Error execute(const Instruction& instruction) noexcept {
    switch (instruction.op) {
      case Op::integer:
        return push(Value::of(instruction.operand)), Error::none;
      case Op::boolean:
        return push(Value::of(instruction.operand != 0)), Error::none;
      case Op::text:
        return push(Value::of(std::string_view(program_.texts[index(instruction)]))), Error::none;
      case Op::attribute:
        return attribute(program_.names[index(instruction)]);
      case Op::exists:
        return push(Value::of(attributes_.find(program_.names[index(instruction)]).has_value())), Error::none;
      case Op::like:
      case Op::not_like:
        return like(instruction);
      case Op::in:
      case Op::not_in:
        return element(instruction);
      case Op::in_none:
      case Op::not_in_none:
        return top() = Value::of(instruction.op == Op::not_in_none), Error::none;
      case Op::call:
        return call(instruction);
      case Op::negate:
      case Op::logical_not:
      case Op::to_boolean:
      case Op::and_then:
      case Op::or_else:
        return unary(instruction);
      default:
        return binary(instruction.op);
    }
  }

  static std::size_t index(const Instruction& instruction) noexcept {
    return static_cast<std::size_t>(instruction.operand);
  }

  Error attribute(const std::string& name) noexcept {
    const auto found = attributes_.find(name);
    if (!found) return fails(Error::missing_attribute, Type::any);
    return push(*found), Error::none;
  }

  Error unary(const Instruction& instruction) noexcept {
    const Op op = instruction.op;
    const Type type = op == Op::negate ? Type::integer : Type::boolean;
    if (const Error error = cast(top(), type, scratch_); error != Error::none) return fails(error, type);
    if (op == Op::negate) {
      const Error error = calculate(Op::subtract, 0, top().number, top());
      return error == Error::none ? error : fails(error, Type::integer);
    }
    if (op == Op::logical_not) top() = Value::of(!top().truth());
    if (op == Op::to_boolean || op == Op::logical_not) return Error::none;
    if (top().truth() == (op == Op::or_else)) {
      next_ = index(instruction);
    } else {
      --depth_;
    }
    return Error::none;
  }

  Error like(const Instruction& instruction) noexcept {
    if (const Error error = cast(top(), Type::text, scratch_); error != Error::none) return fails(error, Type::boolean);
    const Pattern::Answer answer = program_.patterns[index(instruction)].match(top().text, scratch_);
    if (answer == Pattern::Answer::exhausted) return fails(Error::generic, Type::boolean);
    top() = Value::of((answer == Pattern::Answer::yes) == (instruction.op == Op::like));
    return Error::none;
  }

  Error element(const Instruction& instruction) noexcept {
    Value element = top();
    --depth_;
    if (const Error error = cast(element, top().type, scratch_); error != Error::none) {
      return fails(error, Type::boolean);
    }
    if (!same(element, top())) return Error::none;
    top() = Value::of(instruction.op == Op::in);
    next_ = index(instruction);
    return Error::none;
  }

  Error binary(Op op) noexcept {
    Value right = top();
    --depth_;
    Value& left = top();
    if (op == Op::equal || op == Op::not_equal) {
      if (const Error error = cast(left, right.type, scratch_); error != Error::none)
        return fails(error, Type::boolean);
      return left = Value::of(same(left, right) == (op == Op::equal)), Error::none;
    }
    const Type type = op == Op::logical_xor ? Type::boolean : Type::integer;
    const bool compares = op >= Op::less && op <= Op::greater_equal;
    const Type gives = compares ? Type::boolean : type;
    if (const Error error = cast(left, type, scratch_); error != Error::none) return fails(error, gives);
    if (const Error error = cast(right, type, scratch_); error != Error::none) return fails(error, gives);
    if (op == Op::logical_xor) return left = Value::of(left.truth() != right.truth()), Error::none;
    if (compares) return left = Value::of(compare(op, left.number, right.number)), Error::none;
    const Error error = calculate(op, left.number, right.number, left);
    return error == Error::none ? error : fails(error, gives);
  }

  Error call(const Instruction& instruction) noexcept {
    const Function& function = functions()[index(instruction)];
    depth_ -= instruction.count;
    const std::span<Value> arguments(at(depth_), instruction.count);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const Error error = cast(arguments[i], function.parameter(i), scratch_);
      if (error != Error::none) return fails(error, function.result);
    }
    Value result = Value::zero(function.result);
    const Error error = function.call(arguments, result, scratch_);
    if (error != Error::none) return fails(error, result);
    return push(result), Error::none;
  }

  const Program& program_;
  Attributes& attributes_;
  Scratch& scratch_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0;
  Value result_ = Value::zero(Type::any);
  Stack stack_;
};

}  // namespace

Outcome evaluate(const Program& program, Attributes& attributes, Scratch& scratch) noexcept {
  return Machine(program, attributes, scratch).run();
}

}  // namespace cesql
