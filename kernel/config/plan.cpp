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

class Comparison {
 public:
  void compare(const Json::Value& before, const std::string& old_pointer, const Json::Value& after,
               const std::string& pointer) {
    if (before == after) return;
    if (before.isObject() && after.isObject()) {
      compare_objects(before, old_pointer, after, pointer);
    } else if (before.isArray() && after.isArray()) {
      compare_lists(before, old_pointer, after, pointer);
    } else {
      changes_.push_back({Change::Kind::changed, pointer, old_pointer});
    }
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  void added(const std::string& pointer) { changes_.push_back({Change::Kind::added, pointer, ""}); }
  void removed(const std::string& pointer) { changes_.push_back({Change::Kind::removed, pointer, pointer}); }

  void compare_objects(const Json::Value& before, const std::string& old_pointer, const Json::Value& after,
                       const std::string& pointer) {
    for (const std::string& key : before.getMemberNames()) {
      if (after.isMember(key)) {
        compare(before[key], pointer_to(old_pointer, key), after[key], pointer_to(pointer, key));
      } else {
        removed(pointer_to(old_pointer, key));
      }
    }
    for (const std::string& key : after.getMemberNames()) {
      if (!before.isMember(key)) added(pointer_to(pointer, key));
    }
  }

  void compare_lists(const Json::Value& before, const std::string& old_pointer, const Json::Value& after,
                     const std::string& pointer) {
    const std::string key = identity_key(before, after);
    if (!key.empty()) return compare_named(before, old_pointer, after, pointer, key);
    for (Json::ArrayIndex i = 0; i < before.size() || i < after.size(); ++i) {
      if (i >= after.size()) {
        removed(pointer_to(old_pointer, i));
      } else if (i >= before.size()) {
        added(pointer_to(pointer, i));
      } else {
        compare(before[i], pointer_to(old_pointer, i), after[i], pointer_to(pointer, i));
      }
    }
  }

  void compare_named(const Json::Value& before, const std::string& old_pointer, const Json::Value& after,
                     const std::string& pointer, const std::string& key) {
    std::map<std::string, Json::ArrayIndex> left;
    for (Json::ArrayIndex i = 0; i < before.size(); ++i) left[before[i][key].asString()] = i;
    for (Json::ArrayIndex i = 0; i < after.size(); ++i) {
      const auto old = left.find(after[i][key].asString());
      if (old == left.end()) {
        added(pointer_to(pointer, i));
      } else {
        compare(before[old->second], pointer_to(old_pointer, old->second), after[i], pointer_to(pointer, i));
        left.erase(old);
      }
    }
    for (const auto& entry : left) removed(pointer_to(old_pointer, entry.second));
  }

  std::vector<Change> changes_;
};

bool lies_within(std::string_view inner, std::string_view outer) {
  return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
}

}  // namespace

std::vector<Change> plan(const Json::Value& before, const Json::Value& after) {
  Comparison comparison;
  comparison.compare(before, "", after, "");
  return comparison.take();
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
