// One call that changes resources: judged as a whole before anything is done.
#pragma once

#include <trellis/resources/registry.hpp>

namespace trellis::resources {

class Batch {
 public:
  Batch(Registry& registry, std::span<const Operation> operations, Origin origin)
      : registry_(registry), operations_(operations), origin_(origin) {}

  /// Whether it can be done.
  bool judge();
  /// Does it.
  void make();
  Outcome outcome() { return std::move(outcome_); }

 private:
  using Key = Registry::NamedKey;
  using Reason = Failure::Reason;

  void stage(std::size_t index);
  void stage_properties(std::size_t index, const Type& type, const DocumentPtr& before);
  void accept(std::size_t index, const Type& type, const DocumentPtr& before, const Json::Value& properties);
  bool may_touch(std::size_t index, const DocumentPtr& before);
  /// Nobody but the files may make it another one.
  bool is_of_files(const DocumentPtr& before) const;
  void fail_as_of_files(std::size_t index);
  bool key_is_free(std::size_t index, std::string_view key);
  void ask_observers(std::size_t index);
  void check_references();
  void check_parents();
  void check_needed();
  void check_children();
  void check_sizes();
  void commit();
  void tell_observers();

  /// What is there.
  DocumentPtr kept(const Key& key) const;
  /// What will be there.
  DocumentPtr after(const Key& key) const;
  /// Empty where it names none.
  std::string named_by(const Json::Value& properties, const Reference& reference) const;
  void count_references(const Change& change, const DocumentPtr& document, std::ptrdiff_t step);
  std::string who_needs(const Key& key) const;
  /// One of a type that will belong to it, by its name; empty: none.
  std::string child_of(const Key& key, const std::string& type) const;

  void fail(std::size_t index, Reason reason, std::string message, std::string below = {});
  static Key key_of(const Operation& operation) { return {operation.name_space, operation.type, operation.name}; }

  Registry& registry_;
  const std::span<const Operation> operations_;
  const Origin origin_;
  Outcome outcome_;
  std::map<Key, DocumentPtr> staged_;  // null: removed
  std::map<Key, std::string> keys_;    // taken in this call, in small letters; by whom
  std::map<Key, std::ptrdiff_t> needed_;
};

}  // namespace trellis::resources
