#include "common/cesql/compile.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <trellis/topic.hpp>
#include <utility>

#include "common/cesql/emitter.hpp"
#include "common/cesql/lexer.hpp"

namespace cesql {
namespace {

/// A binary operator; the higher level binds tighter, and all of one level go from left to right (3.6).
struct Binary {
  int level;
  Op op;
  Type type;
};

std::optional<Binary> binary(Token token) noexcept {
  switch (token) {
    case Token::logical_and:
      return Binary{1, Op::and_then, Type::boolean};
    case Token::logical_or:
      return Binary{1, Op::or_else, Type::boolean};
    case Token::logical_xor:
      return Binary{1, Op::logical_xor, Type::boolean};
    case Token::equal:
      return Binary{2, Op::equal, Type::boolean};
    case Token::not_equal:
      return Binary{2, Op::not_equal, Type::boolean};
    case Token::less:
      return Binary{2, Op::less, Type::boolean};
    case Token::less_equal:
      return Binary{2, Op::less_equal, Type::boolean};
    case Token::greater:
      return Binary{2, Op::greater, Type::boolean};
    case Token::greater_equal:
      return Binary{2, Op::greater_equal, Type::boolean};
    case Token::plus:
      return Binary{3, Op::add, Type::integer};
    case Token::minus:
      return Binary{3, Op::subtract, Type::integer};
    case Token::star:
      return Binary{4, Op::multiply, Type::integer};
    case Token::slash:
      return Binary{4, Op::divide, Type::integer};
    case Token::percent:
      return Binary{4, Op::remainder, Type::integer};
    default:
      return std::nullopt;
  }
}

/// Goes through the tokens once and emits as it goes. Functions answer the type of what they read; mistakes are
/// thrown, and caught by compile().
class Parser {
 public:
  explicit Parser(std::string_view source) noexcept : lexer_(source) {}

  Program run() {
    const Type type = expression(1);
    if (lexer_.token() != Token::end) expected("an operator or the end");
    if (emitter_.most_values() > Program::kMostValues) {
      throw Mistake{Error::parse, "the expression keeps " + std::to_string(emitter_.most_values()) +
                                      " values at once, at most " + std::to_string(Program::kMostValues) +
                                      " are allowed"};
    }
    return std::move(emitter_).finish(type);
  }

 private:
  /// Counts how deep the parser calls itself.
  class Nested {
   public:
    explicit Nested(Parser& parser) : parser_(parser) {
      if (++parser_.nesting_ > kMostNesting) {
        parser_.wrong("more than " + std::to_string(kMostNesting) + " levels of nesting", parser_.lexer_.column());
      }
    }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    ~Nested() { --parser_.nesting_; }

   private:
    Parser& parser_;
  };

  [[noreturn]] void wrong(const std::string& what, std::size_t column, Error error = Error::parse) const {
    throw Mistake{error, what + " at column " + std::to_string(column)};
  }

  [[noreturn]] void expected(std::string_view what) const {
    if (lexer_.token() == Token::unfinished_text) {
      wrong("expected the closing quote of the text that begins", lexer_.column());
    }
    const std::string text =
        "expected " + std::string(what) + " at column " + std::to_string(lexer_.column()) + ", found " + lexer_.shown();
    throw Mistake{Error::parse, text + hint()};
  }

  /// What people used to other languages mean.
  std::string hint() const {
    if (lexer_.text() == "&") return "; write AND";
    if (lexer_.text() == "|") return "; write OR";
    if (lexer_.text() == "!") return "; write NOT";
    if (lexer_.token() == Token::equal) return "; equality is a single =";
    if (lexer_.doubles_quote()) return "; a quote inside a text is written with a backslash before it";
    return {};
  }

  bool accept(Token token) {
    if (lexer_.token() != token) return false;
    lexer_.advance();
    return true;
  }

  void expect(Token token, std::string_view shown) {
    if (!accept(token)) expected(shown);
  }

  Type expression(int level) {
    const Nested nested(*this);
    Type type = suffixes(unary());
    for (auto next = binary(lexer_.token()); next && next->level >= level; next = binary(lexer_.token())) {
      lexer_.advance();
      type = next->type;
      if (next->op == Op::and_then || next->op == Op::or_else) {
        const std::size_t jump = emitter_.jump(next->op);
        expression(next->level + 1);
        emitter_.add(Op::to_boolean);
        emitter_.land(jump);
      } else {
        expression(next->level + 1);
        emitter_.add(next->op);
      }
    }
    return type;
  }

  /// NOT and the minus bind tighter than LIKE and IN.
  Type unary() {
    if (accept(Token::logical_not)) {
      const Nested nested(*this);
      unary();
      emitter_.add(Op::logical_not);
      return Type::boolean;
    }
    if (lexer_.token() == Token::minus || lexer_.token() == Token::plus) return sign();
    return operand();
  }

  /// A sign that touches a number belongs to it, so that -2147483648 can be written.
  Type sign() {
    const bool minus = lexer_.token() == Token::minus;
    const bool touches = lexer_.touches_next();
    if (!minus && !touches) expected("an operand");
    Lexer ahead = lexer_;
    ahead.advance();
    if (touches && ahead.token() == Token::integer) {
      lexer_.advance();
      return integer(minus);
    }
    if (!minus) expected("an operand");
    const Nested nested(*this);
    lexer_.advance();
    unary();
    emitter_.add(Op::negate);
    return Type::integer;
  }

  Type integer(bool minus) {
    const std::string_view digits = lexer_.text();
    std::uint32_t number = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const std::uint32_t most = minus ? 2147483648U : 2147483647U;
    if (result.ec != std::errc() || number > most) {
      wrong("an Integer is from -2147483648 to 2147483647, found " + std::string(minus ? "-" : "") + lexer_.shown(),
            lexer_.column());
    }
    lexer_.advance();
    emitter_.add(Op::integer, static_cast<std::int32_t>(minus ? 0U - number : number));
    return Type::integer;
  }

  Type operand() {
    switch (lexer_.token()) {
      case Token::integer:
        return integer(false);
      case Token::yes:
      case Token::no:
        emitter_.add(Op::boolean, lexer_.token() == Token::yes ? 1 : 0);
        lexer_.advance();
        return Type::boolean;
      case Token::text:
        emitter_.text(unquoted(lexer_.text()));
        lexer_.advance();
        return Type::text;
      case Token::exists:
        lexer_.advance();
        emitter_.attribute(Op::exists, attribute());
        return Type::boolean;
      case Token::open:
        return bracketed();
      case Token::word:
        return word();
      default:
        expected("an operand");
    }
  }

  Type bracketed() {
    lexer_.advance();
    const Type type = expression(1);
    expect(Token::close, "\")\"");
    return type;
  }

  Type word() {
    Lexer ahead = lexer_;
    ahead.advance();
    if (ahead.token() == Token::open) return call();
    emitter_.attribute(Op::attribute, attribute());
    return Type::any;
  }

  /// Attributes have lower-case names; as in the standard's grammar they may be written in any case.
  std::string attribute() {
    if (lexer_.token() != Token::word) expected("the name of an attribute");
    std::string name(lexer_.text());
    if (name.find('_') != std::string::npos) {
      wrong("names of attributes have letters and digits only, found " + lexer_.shown(), lexer_.column());
    }
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    lexer_.advance();
    return name;
  }

  Type call() {
    const std::string name(lexer_.text());
    const std::size_t column = lexer_.column();
    lexer_.advance();
    lexer_.advance();
    std::size_t arguments = 0;
    if (lexer_.token() != Token::close) arguments = list();
    expect(Token::close, "\",\" or \")\"");
    const Function* function = find_function(name, arguments);
    if (function == nullptr) wrong(no_function(name, arguments) + ", the call is", column, Error::missing_function);
    emitter_.call(*function, arguments);
    return function->result;
  }

  std::size_t list() {
    std::size_t count = 0;
    do {
      if (++count > kMostArguments) {
        wrong("more than " + std::to_string(kMostArguments) + " arguments", lexer_.column());
      }
      expression(1);
    } while (accept(Token::comma));
    return count;
  }

  /// LIKE and IN, as often as they follow.
  Type suffixes(Type type) {
    for (;;) {
      const bool negated = accept(Token::logical_not);
      if (accept(Token::like)) {
        if (lexer_.token() != Token::text) expected("a text in quotes");
        emitter_.like(negated, Pattern(unquoted(lexer_.text())));
        lexer_.advance();
      } else if (accept(Token::in)) {
        set(negated);
      } else if (negated) {
        expected("LIKE or IN");
      } else {
        return type;
      }
      type = Type::boolean;
    }
  }

  void set(bool negated) {
    expect(Token::open, "\"(\"");
    std::vector<std::size_t> jumps;
    do {
      expression(1);
      jumps.push_back(emitter_.jump(negated ? Op::not_in : Op::in));
    } while (accept(Token::comma));
    expect(Token::close, "\",\" or \")\"");
    emitter_.add(negated ? Op::not_in_none : Op::in_none);
    for (const std::size_t jump : jumps) emitter_.land(jump);
  }

  Lexer lexer_;
  Emitter emitter_;
  std::size_t nesting_ = 0;
};

}  // namespace

std::variant<Program, Mistake> compile(std::string_view expression) {
  if (expression.size() > kMostBytes) {
    return Mistake{Error::parse, "the expression has " + std::to_string(expression.size()) + " bytes, at most " +
                                     std::to_string(kMostBytes) + " are allowed"};
  }
  if (!trellis::valid_text(expression)) return Mistake{Error::parse, "the expression is not UTF-8 text without U+0000"};
  try {
    return Parser(expression).run();
  } catch (Mistake& mistake) {
    return std::move(mistake);
  }
}

}  // namespace cesql
