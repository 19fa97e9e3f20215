#include "ctl/overview.hpp"

#include "ctl/printable.hpp"
#include "ctl/show.hpp"

namespace management::ctl {
namespace {

using trellis::json::Value;

int fail(const Terminal& terminal, const std::string& action, const trellis::Result<Json>& answer) {
  const std::string why = answer ? "the answer is none of a management API" : answer.error().text;
  terminal.err("trellis ctl " + action + ": " + why + "\n");
  return kFailed;
}

// How a name may look: "3-50 of A-Z a-z 0-9 -"; "topics/ and 3-50 of …" behind the name of one of topics.
std::string name_rule(const Value& type) {
  const auto number = [&](std::string_view key) {
    const Value* const found = type.find(key);
    return std::to_string(found == nullptr ? 0 : found->integer);
  };
  const std::string parent = text_at(&type, "parent");
  std::string out = (parent.empty() ? "" : parent + "/ and ") + number("shortestName") + '-' + number("longestName") +
                    " of A-Z a-z 0-9";
  for (const char c : text_at(&type, "furtherCharacters")) out += std::string(" ") + c;
  return out;
}

std::vector<std::string> row_of(const Value& type) {
  std::string types = text_at(&type, "parent");
  if (const Value* const references = type.find("references")) {
    for (const Value& reference : references->items) types += (types.empty() ? "" : ", ") + text_at(&reference, "type");
  }
  const Value* const most = type.find("most");
  return {text_at(&type, "name"), most == nullptr || most->integer == 0 ? "any" : std::to_string(most->integer),
          name_rule(type), types};
}

}  // namespace

int print_namespaces(Server& server, const Terminal& terminal) {
  const auto json = server.get("/namespaces");
  const Value* const values = json ? json->value.find("value") : nullptr;
  if (values == nullptr) return fail(terminal, "namespaces", json);
  for (const Value& one : values->items)
    terminal.out((terminal.json ? in_one_line(one) : printable_in_line(text_at(&one, "name"))) + '\n');
  return kDone;
}

int print_types(Server& server, const Terminal& terminal) {
  const auto json = server.get("/types");
  const Value* const values = json ? json->value.find("value") : nullptr;
  if (values == nullptr) return fail(terminal, "types", json);
  std::vector<std::vector<std::string>> rows{{"TYPE", "MOST", "NAME", "REFERS TO"}};
  for (const Value& one : values->items) {
    if (terminal.json) {
      terminal.out(in_one_line(one) + '\n');
    } else {
      rows.push_back(row_of(one));
    }
  }
  if (!terminal.json) terminal.out(table(rows));
  return kDone;
}

}  // namespace management::ctl
