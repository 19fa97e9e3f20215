#include "common/cesql/emitter.hpp"

#include <algorithm>
#include <utility>

namespace cesql {
namespace {

std::int32_t number(std::size_t index) noexcept { return static_cast<std::int32_t>(index); }

/// How many values an instruction leaves more than it found, where it does not jump.
std::ptrdiff_t effect(Op op) noexcept {
  if (op <= Op::exists) return 1;
  if (op >= Op::equal && op <= Op::not_in) return -1;
  return 0;
}

}  // namespace

void Emitter::add(Op op, std::int32_t operand) {
  program_.code.push_back({op, 0, operand});
  change(effect(op));
}

void Emitter::change(std::ptrdiff_t values) noexcept {
  values_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(values_) + values);
  most_values_ = std::max(most_values_, values_);
}

void Emitter::text(std::string text) {
  program_.texts.push_back(std::move(text));
  add(Op::text, number(program_.texts.size() - 1));
}

void Emitter::attribute(Op op, const std::string& name) {
  auto& names = program_.names;
  const auto found = std::find(names.begin(), names.end(), name);
  const auto index = found - names.begin();
  if (found == names.end()) names.push_back(name);
  add(op, number(static_cast<std::size_t>(index)));
}

void Emitter::like(bool negated, Pattern pattern) {
  program_.patterns.push_back(std::move(pattern));
  add(negated ? Op::not_like : Op::like, number(program_.patterns.size() - 1));
}

void Emitter::call(const Function& function, std::size_t arguments) {
  const auto index = static_cast<std::size_t>(&function - functions().data());
  program_.code.push_back({Op::call, static_cast<std::uint8_t>(arguments), number(index)});
  change(1 - static_cast<std::ptrdiff_t>(arguments));
}

std::size_t Emitter::jump(Op op) {
  add(op);
  return program_.code.size() - 1;
}

void Emitter::land(std::size_t jump) { program_.code[jump].operand = number(program_.code.size()); }

Program Emitter::finish(Type type) && {
  program_.type = type;
  return std::move(program_);
}

}  // namespace cesql
