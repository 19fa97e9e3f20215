// Random expressions: printed with as few brackets as precedence allows, read again, and evaluated as a slow
// interpreter of trees, written straight from the standard, evaluates them.
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "fixture.hpp"

namespace cesql::testing {
namespace {

struct Node {
  std::string op;  // a sign, a keyword, a function; "value", "name"
  Plain value = false;
  std::vector<Node> parts = {};
};

const std::vector<std::vector<std::string>> kLevels = {
    {"AND", "OR", "XOR"}, {"=", "!=", "<>", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/", "%"}};
constexpr int kSuffixLevel = 4;
constexpr int kUnaryLevel = 5;
constexpr int kAtomLevel = 6;

int level(const Node& node) {
  if (node.parts.size() == 2) {
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
      for (const auto& op : kLevels[i]) {
        if (op == node.op) return static_cast<int>(i);
      }
    }
  }
  if (node.op == "IN" || node.op == "NOT IN" || node.op == "LIKE" || node.op == "NOT LIKE") return kSuffixLevel;
  if (node.op == "NOT" || node.op == "neg") return kUnaryLevel;
  return kAtomLevel;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += (c == '\'' ? std::string("\\") : std::string()) + c;
  return out + "'";
}

std::string print(const Node& node);

std::string print_at(const Node& node, int least) {
  return level(node) < least ? "(" + print(node) + ")" : print(node);
}

std::string print_list(const Node& node, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < node.parts.size(); ++i) out += (i > from ? ", " : "") + print(node.parts[i]);
  return "(" + out + ")";
}

std::string print(const Node& node) {
  if (node.op == "value") {
    if (const auto* truth = std::get_if<bool>(&node.value)) return *truth ? "True" : "fALSE";
    if (const auto* number = std::get_if<std::int32_t>(&node.value)) return std::to_string(*number);
    return quoted(std::get<std::string>(node.value));
  }
  if (node.op == "name") return std::get<std::string>(node.value);
  if (node.op == "EXISTS") return "exists " + std::get<std::string>(node.value);
  if (node.op == "NOT") return "NOT " + print_at(node.parts[0], kUnaryLevel);
  if (node.op == "neg") return "- " + print_at(node.parts[0], kUnaryLevel);
  const int at = level(node);
  if (node.op.ends_with("LIKE")) {
    return print_at(node.parts[0], at) + " " + node.op + " " + quoted(std::get<std::string>(node.value));
  }
  if (node.op.ends_with("IN")) return print_at(node.parts[0], at) + " " + node.op + " " + print_list(node, 1);
  if (at == kAtomLevel) return node.op + print_list(node, 0);
  return print_at(node.parts[0], at) + " " + node.op + " " + print_at(node.parts[1], at + 1);
}

// The interpreter. An error inside gives the zero of what is around it.

Type type_of(const Plain& value) {
  return std::holds_alternative<bool>(value)           ? Type::boolean
         : std::holds_alternative<std::int32_t>(value) ? Type::integer
                                                       : Type::text;
}

Plain zero(Type type) { return plain(Value::zero(type)); }

Result to(Type type, const Plain& value) {
  if (type_of(value) == type || type == Type::any) return {value};
  if (type == Type::text) {
    if (const auto* truth = std::get_if<bool>(&value)) return {*truth ? "true" : "false"};
    return {std::to_string(std::get<std::int32_t>(value))};
  }
  const auto* text = std::get_if<std::string>(&value);
  if (type == Type::boolean) {
    if (text == nullptr) return {std::get<std::int32_t>(value) != 0};
    std::string lower;
    for (const char c : *text) lower += static_cast<char>(std::tolower(c));
    return {lower == "true", lower == "true" || lower == "false" ? Error::none : Error::cast};
  }
  if (text == nullptr) return {std::get<bool>(value) ? 1 : 0};
  const bool sign = !text->empty() && (text->front() == '-' || text->front() == '+');
  const std::string digits = text->substr(sign ? 1 : 0);
  const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!number || digits.size() > 12) return {0, Error::cast};
  const long long exact = std::stoll(*text);
  const bool fits =
      exact >= std::numeric_limits<std::int32_t>::min() && exact <= std::numeric_limits<std::int32_t>::max();
  return {fits ? static_cast<std::int32_t>(exact) : 0, fits ? Error::none : Error::cast};
}

/// Exponential in the worst case, which the short texts here allow.
bool like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') return like(text, pattern.substr(1)) || (!text.empty() && like(text.substr(1), pattern));
  if (text.empty()) return false;
  if (pattern[0] == '_') return like(text.substr(1), pattern.substr(1));
  const bool escaped = pattern.size() > 1 && pattern[0] == '\\' && (pattern[1] == '%' || pattern[1] == '_');
  const std::string_view rest = pattern.substr(escaped ? 1 : 0);
  return text[0] == rest[0] && like(text.substr(1), rest.substr(1));
}

class Interpreter {
 public:
  explicit Interpreter(const Event& event) : event_(event) {}

  Result run(const Node& node) const {
    if (node.op == "value") return {node.value};
    if (node.op == "name") {
      const auto found = event_.find(std::get<std::string>(node.value));
      return found == event_.end() ? Result{false, Error::missing_attribute} : Result{found->second};
    }
    if (node.op == "EXISTS") return {event_.contains(std::get<std::string>(node.value))};
    if (node.op == "AND" || node.op == "OR") return lazy(node);
    if (node.op.ends_with("IN")) return in(node);
    if (node.op == "CONCAT") return concat(node);
    return strict(node);
  }

 private:
  Result as(Type type, const Node& node) const {
    const Result result = run(node);
    return result.error != Error::none ? result : to(type, result.value);
  }

  Result lazy(const Node& node) const {
    const Result left = as(Type::boolean, node.parts[0]);
    if (left.error != Error::none) return {false, left.error};
    if (std::get<bool>(left.value) == (node.op == "OR")) return left;
    const Result right = as(Type::boolean, node.parts[1]);
    return right.error != Error::none ? Result{false, right.error} : right;
  }

  Result in(const Node& node) const {
    const Result left = run(node.parts[0]);
    if (left.error != Error::none) return {false, left.error};
    for (std::size_t i = 1; i < node.parts.size(); ++i) {
      const Result element = as(type_of(left.value), node.parts[i]);
      if (element.error != Error::none) return {false, element.error};
      if (element.value == left.value) return {node.op == "IN"};
    }
    return {node.op != "IN"};
  }

  Result concat(const Node& node) const {
    std::string all;
    std::vector<Result> parts;
    for (const Node& part : node.parts) {
      parts.push_back(run(part));
      if (parts.back().error != Error::none) return {"", parts.back().error};
    }
    for (const Result& part : parts) all += std::get<std::string>(to(Type::text, part.value).value);
    return {all};
  }

  Result strict(const Node& node) const {
    const bool arithmetic = level(node) == 2 || level(node) == 3 || node.op == "neg";
    const Type gives = arithmetic || node.op == "INT" || node.op == "LENGTH" ? Type::integer
                       : node.op == "STRING"                                 ? Type::text
                                                                             : Type::boolean;
    std::vector<Plain> values;
    for (const Node& part : node.parts) {
      const Result result = run(part);
      if (result.error != Error::none) return {zero(gives), result.error};
      values.push_back(result.value);
    }
    const bool equality = node.op == "=" || node.op == "!=" || node.op == "<>";
    const bool texts = node.op == "STRING" || node.op == "LENGTH" || node.op.ends_with("LIKE");
    const bool truths = node.op == "NOT" || node.op == "XOR" || node.op == "BOOL";
    const Type takes = equality ? type_of(values[1]) : texts ? Type::text : truths ? Type::boolean : Type::integer;
    for (Plain& value : values) {
      const Result result = to(takes, value);
      if (result.error != Error::none) return {zero(gives), result.error};
      value = result.value;
    }
    if (equality) return {(values[0] == values[1]) == (node.op == "=")};
    if (texts) return of_text(node, std::get<std::string>(values[0]));
    if (node.op == "NOT") return {!std::get<bool>(values[0])};
    if (node.op == "XOR") return {values[0] != values[1]};
    if (node.op == "BOOL" || node.op == "INT") return {values[0]};
    const long long x = node.op == "neg" ? 0 : std::get<std::int32_t>(values[0]);
    return of_numbers(node.op == "neg" ? "-" : node.op, x, std::get<std::int32_t>(values.back()));
  }

  static Result of_text(const Node& node, const std::string& text) {
    if (node.op == "STRING") return {text};
    if (node.op == "LENGTH") return {static_cast<std::int32_t>(text.size())};
    return {like(text, std::get<std::string>(node.value)) == (node.op == "LIKE")};
  }

  static Result of_numbers(const std::string& op, long long x, long long y) {
    if (op == "<") return {x < y};
    if (op == "<=") return {x <= y};
    if (op == ">") return {x > y};
    if (op == ">=") return {x >= y};
    if ((op == "/" || op == "%") && y == 0) return {0, Error::math};
    const long long exact = op == "+" ? x + y : op == "-" ? x - y : op == "*" ? x * y : op == "/" ? x / y : x % y;
    const auto result = static_cast<std::int32_t>(exact);
    return result == exact ? Result{result} : Result{0, Error::math};
  }

  const Event& event_;
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Node node(int depth) {
    if (depth == 0) return leaf();
    switch (below(12)) {
      case 0:
        return {"NOT", {}, {node(depth - 1)}};
      case 1:
        return {"neg", {}, {node(depth - 1)}};
      case 2:
        return {below(2) != 0 ? "LIKE" : "NOT LIKE", pattern(), {node(depth - 1)}};
      case 3:
        return {below(2) != 0 ? "IN" : "NOT IN", {}, parts(depth, 2 + below(3))};
      case 4:
        return {"CONCAT", {}, parts(depth, below(4))};
      case 5:
        return {pick({"INT", "BOOL", "STRING", "LENGTH"}), {}, parts(depth, 1)};
      case 6:
        return leaf();
      default:
        return {pick(kLevels[below(kLevels.size())]), {}, parts(depth, 2)};
    }
  }

  std::string text() {
    return pick({"", "a", "ab", "it's", "0", "7", "-3", "true", "FALSE", "2147483648", "a%b", "\"x\\y"});
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::string pick(const std::vector<std::string>& from) { return from[below(from.size())]; }
  std::string pattern() { return pick({"%", "a%", "_", "%a%b", "tr_e", "_%_", "-_", "a\\%b", "\\_%", "%'%", "0", ""}); }

  std::vector<Node> parts(int depth, std::size_t count) {
    std::vector<Node> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(node(depth - 1));
    return out;
  }

  Node leaf() {
    static const std::vector<std::int32_t> kNumbers = {0, 1, 2, 7, -1, -3, 100, 2147483647, -2147483647 - 1};
    switch (below(6)) {
      case 0:
        return {"value", below(2) != 0};
      case 1:
      case 2:
        return {"value", kNumbers[below(kNumbers.size())]};
      case 3:
        return {"value", text()};
      case 4:
        return {"EXISTS", pick({"word", "nowhere"})};
      default:
        return {"name", pick({"word", "number", "truth", "digits", "nowhere"})};
    }
  }

  std::mt19937 random_;
};

TEST(Property, WhatIsPrintedMeansTheSame) {
  const Event event{{"word", "ab"}, {"number", 7}, {"truth", true}, {"digits", "-3"}};
  Generator generator(20240501);
  const Interpreter interpreter(event);
  std::size_t without_error = 0;
  for (int i = 0; i < 60000; ++i) {
    const Node node = generator.node(1 + i % 5);
    const std::string expression = print(node);
    const Result result = run(expression, event);
    ASSERT_EQ(result, interpreter.run(node)) << expression;
    without_error += result.error == Error::none ? 1 : 0;
  }
  EXPECT_GT(without_error, 15000u) << "most expressions are all error, which proves little";
}

// Every pair of operators, without brackets: the tighter one goes first, and of equals the left one.
TEST(Property, PrecedenceHoldsForEveryPairOfOperators) {
  const Event event;
  const Interpreter interpreter(event);
  const auto number = [](std::int32_t value) { return Node{"value", value}; };
  for (const auto& first_level : kLevels) {
    for (const auto& second_level : kLevels) {
      for (const auto& first : first_level) {
        for (const auto& second : second_level) {
          const bool left = &first_level >= &second_level;
          const Node grouped = left ? Node{second, {}, {Node{first, {}, {number(7), number(3)}}, number(2)}}
                                    : Node{first, {}, {number(7), Node{second, {}, {number(3), number(2)}}}};
          const std::string expression = "7 " + first + " 3 " + second + " 2";
          ASSERT_EQ(print(grouped), expression);
          EXPECT_EQ(run(expression), interpreter.run(grouped)) << expression;
        }
      }
    }
  }
}

TEST(Property, CastsGoThereAndBack) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto number = static_cast<std::int32_t>(random() >> (i % 32));
    const Event event{{"n", number}, {"t", std::to_string(number)}};
    ASSERT_EQ(run("INT(STRING(n))", event), (Result{number}));
    ASSERT_EQ(run("STRING(INT(t))", event), (Result{std::to_string(number)}));
    ASSERT_EQ(run("n = t AND t = n AND t + 0 = n", event), (Result{true})) << number;
    ASSERT_EQ(run("INT(BOOL(n))", event), (Result{number == 0 ? 0 : 1}));
  }
}

}  // namespace
}  // namespace cesql::testing
