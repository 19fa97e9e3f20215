#include "batch.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/near_match.hpp>
#include <trellis/schema/validate.hpp>

namespace trellis::resources {
namespace {

Json::Value read_back(std::string_view properties) {
  schema::Diagnostics none;
  const auto document = schema::Document::parse(std::string(properties), "", none);
  return document ? document->root() : Json::Value(Json::objectValue);
}

// RFC 7396.
void merge(Json::Value& to, const Json::Value& patch) {
  if (!patch.isObject()) {
    to = patch;
    return;
  }
  if (!to.isObject()) to = Json::Value(Json::objectValue);
  for (const std::string& name : patch.getMemberNames()) {
    if (patch[name].isNull()) {
      to.removeMember(name);
    } else {
      merge(to[name], patch[name]);
    }
  }
}

std::string small(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

bool is_built_in(const Reference& reference, const std::string& name) {
  return std::ranges::find(reference.built_in, name) != reference.built_in.end();
}

}  // namespace

bool Batch::judge() {
  outcome_.changes.resize(operations_.size());
  for (std::size_t i = 0; i < operations_.size(); ++i) stage(i);
  if (outcome_.ok()) check_sizes();
  if (outcome_.ok()) check_references();
  if (outcome_.ok()) check_parents();
  if (outcome_.ok()) check_needed();
  if (outcome_.ok()) check_children();
  if (!outcome_.ok()) outcome_.changes.clear();
  return outcome_.ok();
}

void Batch::make() {
  commit();
  tell_observers();
}

// ---- one operation

void Batch::stage(std::size_t index) {
  const Operation& operation = operations_[index];
  const auto declared = registry_.types_.find(operation.type);
  if (declared == registry_.types_.end()) {
    fail(index, Reason::unknown_type, "there are no resources of the type \"" + operation.type + '"');
    outcome_.failures.back().what.suggestion = schema::near_match(operation.type, registry_.types());
    return;
  }
  if (std::ranges::find(registry_.namespaces_, operation.name_space) == registry_.namespaces_.end())
    return fail(index, Reason::unknown_namespace, "there is no namespace \"" + operation.name_space + '"');
  if (staged_.contains(key_of(operation)))
    return fail(index, Reason::invalid, operation.type + '/' + operation.name + " is in this call twice");
  const DocumentPtr before = kept(key_of(operation));
  Change& change = outcome_.changes[index];
  change = {operation.name_space, operation.type, before, nullptr};
  if (!may_touch(index, before)) return;
  if (operation.kind != Operation::Kind::remove) return stage_properties(index, declared->second.type, before);
  staged_[key_of(operation)] = nullptr;
  ask_observers(index);
}

bool Batch::may_touch(std::size_t index, const DocumentPtr& before) {
  const Operation& operation = operations_[index];
  const std::string who = operation.type + '/' + operation.name;
  if (operation.expected && *operation.expected != (before == nullptr ? 0 : before->revision())) {
    fail(index, Reason::out_of_date, before == nullptr ? who + " is not there" : who + " was changed meanwhile");
  } else if (before == nullptr && operation.kind != Operation::Kind::put) {
    fail(index, Reason::not_found, who + " is not there");
  } else if (operation.kind != Operation::Kind::put && is_of_files(before)) {
    fail_as_of_files(index);
  } else {
    return true;
  }
  return false;
}

bool Batch::is_of_files(const DocumentPtr& before) const {
  return before != nullptr && before->origin() == Origin::files && origin_ != Origin::files;
}

void Batch::fail_as_of_files(std::size_t index) {
  const Operation& operation = operations_[index];
  fail(index, Reason::not_yours,
       operation.type + '/' + operation.name + " stands in the resource files; change it there and reload");
}

void Batch::stage_properties(std::size_t index, const Type& type, const DocumentPtr& before) {
  const Operation& operation = operations_[index];
  if (std::string fault = type.name_fault(operation.name); !fault.empty())
    return fail(index, Reason::invalid, '"' + operation.name + "\" is no name: " + fault);
  schema::Diagnostics wrong;
  Json::Value checked;
  if (operation.kind == Operation::Kind::put) {
    checked = validate(*operation.source, *operation.properties, operation.pointer, type.schema(), wrong);
  } else {
    Json::Value merged = read_back(before->properties());
    merge(merged, *operation.properties);
    auto document = schema::Document::parse(schema::to_line(merged), operation.source->file(), wrong);
    if (document) checked = validate(*document, document->root(), operation.pointer, type.schema(), wrong);
  }
  for (const schema::Diagnostic& one : wrong) {
    if (one.severity == schema::Severity::error) outcome_.failures.push_back({index, Reason::invalid, one});
  }
  if (wrong.ok()) accept(index, type, before, checked);
}

void Batch::accept(std::size_t index, const Type& type, const DocumentPtr& before, const Json::Value& properties) {
  const Operation& operation = operations_[index];
  const std::string& property = type.declaration().key;
  const std::string key =
      property.empty() || !properties.isMember(property) ? operation.name : properties[property].asString();
  if (before != nullptr && before->key() != key)
    return fail(index, Reason::invalid,
                "it stays what it was when the resource was made, \"" + std::string(before->key()) + '"',
                '/' + property);
  if (before == nullptr && !key_is_free(index, key)) return;
  const std::string text = schema::to_line(properties);
  Change& change = outcome_.changes[index];
  const bool same = before != nullptr && before->properties() == text;
  // Whoever puts what is there changes nothing of the files.
  if (!same && is_of_files(before)) return fail_as_of_files(index);
  if (same && (before->origin() == origin_ || is_of_files(before))) {
    change.after = before;
  } else {
    const std::int64_t now = registry_.wall_ms_();
    const auto life = operation.life.value_or(Operation::Life{before == nullptr ? now : before->created_ms(), now});
    change.after = Document::make(
        {operation.name, key, text, registry_.revision_ + 1, life.created_ms, life.modified_ms, origin_});
  }
  staged_[key_of(operation)] = change.after;
  if (change.after != before) ask_observers(index);
}

bool Batch::key_is_free(std::size_t index, std::string_view key) {
  const Operation& operation = operations_[index];
  const auto [taken, fresh] =
      keys_.emplace(Key{operation.name_space, operation.type, small(std::string(key))}, operation.name);
  std::string by = fresh ? std::string() : taken->second;
  const Collection* const all = registry_.collection(operation.name_space, operation.type);
  const DocumentPtr holder = all == nullptr ? nullptr : all->find_key(key);
  if (holder != nullptr) {
    const auto staged = staged_.find({operation.name_space, operation.type, std::string(holder->name())});
    if (staged == staged_.end() || staged->second != nullptr) by = holder->name();  // it stays
  }
  if (by.empty()) return true;
  const std::string& property = registry_.types_.find(operation.type)->second.type.declaration().key;
  fail(index, Reason::taken, '"' + std::string(key) + "\" is taken by " + operation.type + '/' + by,
       property.empty() ? "" : '/' + property);
  return false;
}

// They may begin with a pointer into the properties.
void Batch::ask_observers(std::size_t index) {
  const Change& change = outcome_.changes[index];
  for (Observer* const observer : registry_.judges(registry_.types_.find(change.type)->second)) {
    std::string fault = observer->check(change);
    if (fault.empty()) continue;
    const std::size_t colon = fault.starts_with('/') ? fault.find(": ") : std::string::npos;
    if (colon == std::string::npos) {
      fail(index, Reason::invalid, std::move(fault));
    } else {
      fail(index, Reason::invalid, fault.substr(colon + 2), fault.substr(0, colon));
    }
  }
}

void Batch::fail(std::size_t index, Reason reason, std::string message, std::string below) {
  const Operation& operation = operations_[index];
  Failure failure{index, reason, {}};
  if (operation.source == nullptr || operation.kind == Operation::Kind::patch) {
    failure.what.pointer = operation.pointer + below;
    failure.what.message = std::move(message);
  } else {
    failure.what = operation.source->at_pointer(operation.pointer + below, std::move(message));
  }
  outcome_.failures.push_back(std::move(failure));
}

// ---- all of them together

// Only this thread changes anything, so it needs no lock to look.
DocumentPtr Batch::kept(const Key& key) const {
  const Collection* const all = registry_.collection(key.name_space, key.type);
  return all == nullptr ? nullptr : all->find(key.name);
}

DocumentPtr Batch::after(const Key& key) const {
  const auto found = staged_.find(key);
  return found != staged_.end() ? found->second : kept(key);
}

void Batch::check_sizes() {
  std::map<Registry::CollectionKey, std::ptrdiff_t> growth;
  for (const Change& one : outcome_.changes) {
    growth[{std::string(one.name_space), std::string(one.type)}] +=
        (one.after == nullptr ? 0 : 1) - (one.before == nullptr ? 0 : 1);
  }
  for (const auto& [key, more] : growth) {
    const std::size_t most = registry_.strictest(registry_.types_.find(key.second)->second);
    const Collection* const all = registry_.collection(key.first, key.second);
    const std::size_t size = all == nullptr ? 0 : all->size();
    if (most == 0 || more <= 0 || size + static_cast<std::size_t>(more) <= most) continue;
    const auto first = std::ranges::find_if(operations_, [&](const Operation& one) {
      return one.name_space == key.first && one.type == key.second && kept(key_of(one)) == nullptr;
    });
    fail(static_cast<std::size_t>(first - operations_.begin()), Reason::too_many,
         "a namespace has at most " + std::to_string(most) + ' ' + key.second);
  }
}

// Names with a '/' in them are no end of a path.
std::string Batch::named_by(const Json::Value& properties, const Reference& reference) const {
  const Json::Value* value = &properties;
  for (std::string_view left = reference.property; !left.empty() && value->isObject();)
    value = &(*value)[std::string(take_step(left))];
  std::string text = value->isString() ? value->asString() : std::string();
  const auto type = registry_.types_.find(reference.type);
  const bool whole = type != registry_.types_.end() && type->second.type.names_have_slashes();
  return whole ? text : text.substr(text.rfind('/') + 1);
}

void Batch::count_references(const Change& change, const DocumentPtr& document, std::ptrdiff_t step) {
  const Declaration& declaration = registry_.types_.find(change.type)->second.type.declaration();
  if (document == nullptr || declaration.references.empty()) return;
  const Json::Value properties = read_back(document->properties());
  for (const Reference& one : declaration.references) {
    const std::string name = named_by(properties, one);
    if (!name.empty() && !is_built_in(one, name)) needed_[{std::string(change.name_space), one.type, name}] += step;
  }
}

void Batch::check_references() {
  for (std::size_t i = 0; i < outcome_.changes.size(); ++i) {
    const Change& change = outcome_.changes[i];
    if (change.after == change.before) continue;
    count_references(change, change.before, -1);
    count_references(change, change.after, 1);
    if (change.after == nullptr) continue;
    const auto& references = registry_.types_.find(change.type)->second.type.declaration().references;
    const Json::Value properties = references.empty() ? Json::Value() : read_back(change.after->properties());
    for (const Reference& one : references) {
      const std::string name = named_by(properties, one);
      if (name.empty() || is_built_in(one, name)) continue;
      if (after({operations_[i].name_space, one.type, name}) == nullptr)
        fail(i, Reason::missing, one.type + '/' + name + " is not there", '/' + one.property);
    }
  }
}

// Only what is new: whoever takes the parent of others away is told so by check_children().
void Batch::check_parents() {
  for (std::size_t i = 0; i < outcome_.changes.size(); ++i) {
    const Change& change = outcome_.changes[i];
    const std::string& parent = registry_.types_.find(change.type)->second.type.declaration().parent;
    if (parent.empty() || change.after == nullptr || change.before != nullptr) continue;
    const std::string name(parent_name(operations_[i].name));
    if (after({operations_[i].name_space, parent, name}) == nullptr)
      fail(i, Reason::missing, "its parent " + parent + '/' + name + " is not there");
  }
}

void Batch::check_children() {
  for (std::size_t i = 0; i < outcome_.changes.size(); ++i) {
    if (outcome_.changes[i].after != nullptr) continue;
    const Key key = key_of(operations_[i]);
    for (const auto& [type, declared] : registry_.types_) {
      if (declared.type.declaration().parent != key.type) continue;
      const std::string child = child_of(key, type);
      if (child.empty()) continue;
      fail(i, Reason::needed, key.type + '/' + key.name + " cannot go: " + type + '/' + child + " belongs to it");
      break;
    }
  }
}

// What this call adds under it was refused by check_parents() already.
std::string Batch::child_of(const Key& key, const std::string& type) const {
  const std::string prefix = key.name + '/';
  const Collection* const all = registry_.collection(key.name_space, type);
  std::string found;
  if (all == nullptr) return found;
  all->walk(prefix, [&](const DocumentPtr& document) {
    const std::string name(document->name());
    if (!name.starts_with(prefix)) return false;
    if (after({key.name_space, type, name}) != nullptr) found = name;
    return found.empty();
  });
  return found;
}

void Batch::check_needed() {
  for (std::size_t i = 0; i < outcome_.changes.size(); ++i) {
    if (outcome_.changes[i].after != nullptr) continue;
    const Key key = key_of(operations_[i]);
    const auto now = registry_.needed_.find(key);
    const auto more = needed_.find(key);
    const std::ptrdiff_t users = (now == registry_.needed_.end() ? 0 : static_cast<std::ptrdiff_t>(now->second)) +
                                 (more == needed_.end() ? 0 : more->second);
    if (users > 0)
      fail(i, Reason::needed,
           key.type + '/' + key.name + " cannot go: " + who_needs(key) + " names it" +
               (users == 1 ? "" : ", and " + std::to_string(users - 1) + " more"));
  }
}

std::string Batch::who_needs(const Key& key) const {
  for (const auto& [name, declared] : registry_.types_) {
    for (const Reference& one : declared.type.declaration().references) {
      if (one.type != key.type) continue;
      const Collection* const all = registry_.collection(key.name_space, name);
      if (all == nullptr) continue;
      std::string found;
      all->walk("", [&](const DocumentPtr& document) {
        const DocumentPtr next = after({key.name_space, name, std::string(document->name())});
        if (next != nullptr && named_by(read_back(next->properties()), one) == key.name)
          found = name + '/' + std::string(document->name());
        return found.empty();
      });
      if (!found.empty()) return found;
    }
  }
  return "another one of this call";
}

// ---- doing it

void Batch::commit() {
  const std::unique_lock lock(registry_.mutex_);
  bool anything = false;
  for (std::size_t i = 0; i < outcome_.changes.size(); ++i) {
    const Change& change = outcome_.changes[i];
    if (change.after == change.before) continue;
    anything = true;
    Collection& where = registry_.collections_[{operations_[i].name_space, operations_[i].type}];
    if (change.after == nullptr) {
      where.remove(operations_[i].name);
    } else {
      where.put(change.after);
    }
  }
  for (const auto& [key, step] : needed_) {
    auto& users = registry_.needed_[key];
    users += static_cast<std::size_t>(step);
    if (users == 0) registry_.needed_.erase(key);
  }
  if (anything) ++registry_.revision_;
}

// In the order in which the call first touches what they observe. Whoever listens to several types hears once: in the
// light of all of it.
void Batch::tell_observers() {
  std::vector<std::pair<Observer*, std::vector<Change>>> told;
  for (const Change& change : outcome_.changes) {
    if (change.after == change.before) continue;
    for (Observer* const observer : registry_.types_.find(change.type)->second.observers) {
      if (!registry_.listening_.contains(observer)) continue;
      auto found =
          std::ranges::find_if(told, [&](const auto& one) { return one.first->listener() == observer->listener(); });
      if (found == told.end()) found = told.insert(told.end(), {observer, {}});
      found->second.push_back(change);
    }
  }
  for (const auto& [observer, changes] : told) observer->changed(changes);
  if (registry_.of_all_.empty()) return;
  std::vector<Change> all;
  std::ranges::copy_if(outcome_.changes, std::back_inserter(all),
                       [](const Change& change) { return change.after != change.before; });
  if (all.empty()) return;
  for (Observer* const observer : registry_.of_all_) {
    if (registry_.listening_.contains(observer)) observer->changed(all);
  }
}

}  // namespace trellis::resources
