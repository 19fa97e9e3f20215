#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <map>
#include <set>
#include <trellis/resources/kept.hpp>

namespace trellis::resources {
namespace {

/// Before the properties, as it lies in memory: a store is not carried between machines of different kinds.
struct Head {
  std::uint64_t format;
  std::int64_t created_ms;
  std::int64_t modified_ms;
};
constexpr std::uint64_t kFormat = 1;

// No name of a namespace, a type or a resource holds U+0000.
std::string key_of(const Change& change) {
  std::string key(1, kKeptKey);
  const Document& document = change.after != nullptr ? *change.after : *change.before;
  key.append(change.name_space).append(1, '\0').append(change.type).append(1, '\0').append(document.name());
  return key;
}

std::string value_of(const Document& document) {
  const Head head{kFormat, document.created_ms(), document.modified_ms()};
  std::string value(reinterpret_cast<const char*>(&head), sizeof head);
  value.append(document.properties());
  return value;
}

bool of_calls(const DocumentPtr& document) { return document != nullptr && document->origin() == Origin::calls; }

}  // namespace

void KeptChanges::changed(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    if (of_calls(change.after)) {
      records_.emplace_back(key_of(change), value_of(*change.after));
    } else if (of_calls(change.before)) {
      records_.emplace_back(key_of(change), std::string());
    }
  }
}

bool Restoring::add(std::string_view key, std::string_view value) {
  Head head;
  if (!key.starts_with(kKeptKey) || value.size() < sizeof head) return false;
  key.remove_prefix(1);
  std::memcpy(&head, value.data(), sizeof head);
  value.remove_prefix(sizeof head);
  std::array<std::string, 2> names;  // namespace, type
  for (std::string& name : names) {
    const std::size_t end = key.find('\0');
    if (end == std::string_view::npos) return false;
    name = key.substr(0, end);
    key.remove_prefix(end + 1);
  }
  schema::Diagnostics wrong;
  auto document = schema::Document::parse(std::string(value), "", wrong);
  if (head.format != kFormat || !document) return false;
  schema::Document& kept = documents_.emplace_back(std::move(*document));
  Operation& operation = operations_.emplace_back();
  operation.name_space = std::move(names[0]);
  operation.type = std::move(names[1]);
  operation.name = key;
  operation.source = &kept;
  operation.properties = &kept.root();
  operation.life = Operation::Life{head.created_ms, head.modified_ms};
  return true;
}

// By what is declared today, so that this is not found out one by one.
std::vector<std::string> Restoring::drop_excess(const Registry& registry) {
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  std::map<std::string, std::size_t> most;
  for (const std::string& type : registry.types()) {
    registry.describe(type, [&](const Declaration& declared) { most[type] = declared.most; });
  }
  std::erase_if(operations_, [&](const Operation& one) {
    return ++counts[{one.name_space, one.type}] > most[one.type] && most[one.type] != 0;
  });
  std::vector<std::string> left_out;
  for (const auto& [key, count] : counts) {
    const std::size_t bound = most[key.second];
    if (bound == 0 || count <= bound) continue;
    left_out.push_back(std::to_string(count - bound) + ' ' + key.second + " of namespace " + key.first +
                       ": a namespace has at most " + std::to_string(bound));
  }
  return left_out;
}

std::vector<std::string> Restoring::apply(Registry& registry) {
  std::vector<std::string> left_out = drop_excess(registry);
  std::ranges::move(apply_all(registry, true), std::back_inserter(left_out));
  return left_out;
}

std::vector<std::string> Restoring::finish(Registry& registry) {
  operations_ = std::exchange(waiting_, {});
  return apply_all(registry, false);
}

// What fails may be what others name, so those that are left are judged again.
std::vector<std::string> Restoring::apply_all(Registry& registry, bool may_wait) {
  std::vector<std::string> left_out;
  while (!operations_.empty()) {
    const Outcome outcome = registry.apply(operations_, Origin::calls);
    if (outcome.ok()) break;
    std::set<std::size_t> failed;
    for (const Failure& failure : outcome.failures) {
      if (!failed.insert(failure.operation).second) continue;
      Operation& one = operations_[failure.operation];
      if (may_wait && failure.reason == Failure::Reason::missing) {
        waiting_.push_back(std::move(one));
        continue;
      }
      left_out.push_back(one.type + '/' + one.name + " of namespace " + one.name_space + ": " + failure.what.message);
    }
    std::vector<Operation> rest;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (!failed.contains(i)) rest.push_back(std::move(operations_[i]));
    }
    operations_ = std::move(rest);
  }
  return left_out;
}

}  // namespace trellis::resources
