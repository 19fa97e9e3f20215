#include "config/plan.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "config/pointer.hpp"

namespace trellis::kernel::config {

namespace {

// The key whose text tells the items of both lists apart, or "".
std::string identity_key(const Json::Value& before, const Json::Value& after) {
  for (const char* key : {"name", "id"}) {
    bool distinct = true;
    for (const Json::Value* list : {&before, &after}) {
      std::set<std::string> seen;
      for (const Json::Value& item : *list) {
        distinct = distinct && item.isObject() && item[key].isString() && seen.insert(item[key].asString()).second;
      }
    }
    if (distinct) return key;
  }
  return {};
}

struct Child {
  const Json::Value* value;
  std::string pointer;
};

// The parts of a value under what identifies them: key, name or position.
std::map<std::string, Child> children(const Json::Value& value, const std::string& pointer,
                                      const std::string& identity) {
  std::map<std::string, Child> out;
  for (auto child = value.begin(); child != value.end(); ++child) {
    const std::string step = value.isObject() ? child.name() : std::to_string(child.index());
    out[identity.empty() ? step : (*child)[identity].asString()] = {&*child, pointer_to(pointer, step)};
  }
  return out;
}

void compare(const Child& before, const Child& after, std::vector<Change>& changes) {
  if (*before.value == *after.value) return;
  const bool lists = before.value->isArray() && after.value->isArray();
  if (!lists && !(before.value->isObject() && after.value->isObject())) {
    changes.push_back({Change::Kind::changed, after.pointer, before.pointer});
    return;
  }
  const std::string identity = lists ? identity_key(*before.value, *after.value) : "";
  const auto left = children(*before.value, before.pointer, identity);
  const auto right = children(*after.value, after.pointer, identity);
  for (const auto& [name, child] : left) {
    const auto other = right.find(name);
    if (other != right.end()) {
      compare(child, other->second, changes);
    } else {
      changes.push_back({Change::Kind::removed, child.pointer, child.pointer});
    }
  }
  for (const auto& [name, child] : right) {
    if (left.count(name) == 0) changes.push_back({Change::Kind::added, child.pointer, ""});
  }
}

bool lies_within(std::string_view inner, std::string_view outer) {
  return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
}

}  // namespace

std::vector<Change> plan(const Json::Value& before, const Json::Value& after) {
  std::vector<Change> changes;
  compare({&before, ""}, {&after, ""}, changes);
  return changes;
}

bool touches(const std::vector<Change>& changes, std::string_view pointer) {
  for (const Change& change : changes) {
    if (lies_within(change.pointer, pointer) || lies_within(pointer, change.pointer)) return true;
  }
  return false;
}

std::string to_text(const std::vector<Change>& changes) {
  std::string out;
  for (const Change& change : changes) {
    const std::string_view verb = change.kind == Change::Kind::added     ? "added"
                                  : change.kind == Change::Kind::removed ? "removed"
                                                                         : "changed";
    out += fmt::format("{} {}\n", verb, change.pointer.empty() ? "everything" : change.pointer);
  }
  return out;
}

}  // namespace trellis::kernel::config
