// All resources: what types there are, what is kept of each, and how that changes.
#pragma once

#include <json/value.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <trellis/resources/collection.hpp>
#include <trellis/resources/type.hpp>
#include <trellis/schema/document.hpp>
#include <utility>
#include <vector>

namespace trellis::resources {

/// One thing to be done.
struct Operation {
  enum class Kind : std::uint8_t {
    put,     ///< create or replace
    patch,   ///< merge into what is there (RFC 7396)
    remove,  ///< it has to be there
  };
  Kind kind = Kind::put;
  std::string name_space;
  std::string type;
  std::string name;
  /// Of put and patch: a value of `source`, where it stands at `pointer`. Both outlive the call.
  schema::Document* source = nullptr;
  const Json::Value* properties = nullptr;
  std::string pointer = {};
  /// The revision that has to be there still; 0: none may be there.
  std::optional<std::uint64_t> expected = {};
  /// Of one that comes back: when it was made, and changed, as Unix milliseconds.
  struct Life {
    std::int64_t created_ms;
    std::int64_t modified_ms;
  };
  std::optional<Life> life = {};
};

/// Why one of them cannot be done.
struct Failure {
  enum class Reason : std::uint8_t {
    unknown_type,
    unknown_namespace,
    not_found,
    invalid,      ///< what is asked for is wrong in itself
    missing,      ///< it names a resource that is not there, or its parent is not
    taken,        ///< another one has its key
    needed,       ///< others name it, or belong to it
    out_of_date,  ///< it is not what was expected to be there any more
    not_yours,    ///< it belongs to the files of the configuration
    too_many,     ///< of its type in its namespace
  };
  std::size_t operation = 0;  ///< which
  Reason reason = Reason::invalid;
  schema::Diagnostic what;
};

/// Everything was done, or nothing.
struct Outcome {
  std::vector<Failure> failures;
  std::vector<Change> changes;  ///< by operation; before and after are the same where nothing had to be done
  bool ok() const noexcept { return failures.empty(); }
};

/// Changes are made by one thread at a time; questions may be asked by any. Documents outlive it.
class Registry {
 public:
  /// wall_ms: Unix time.
  explicit Registry(std::function<std::int64_t()> wall_ms)
      : wall_ms_(std::move(wall_ms)), revision_(static_cast<std::uint64_t>(std::max<std::int64_t>(wall_ms_(), 0))) {}

  /// The namespaces there are; what others held is gone, without a word to observers. [control]
  void set_namespaces(std::vector<std::string> names);
  /// Several may declare the same type in the same words; of how many there may be the strictest number counts. Empty,
  /// or why not. observer outlives withdraw(); it is asked from now on, and told what changes when it listens.
  /// [control]
  std::string declare(const Declaration& declaration, Observer& observer);
  /// observer is told of changes of every type when it listens, after those that declared the types. [control]
  void observe(Observer& observer) { of_all_.push_back(&observer); }
  void listen(const Observer& observer) { listening_.insert(&observer); }
  /// observer is about to be withdrawn: where somebody else declares a type too, it is not asked any more and its
  /// number does not count. It hears of changes all the same. [control]
  void leave(const Observer& observer);
  /// Nobody is about to be withdrawn any more. [control]
  void stay();
  /// What it declared is kept as long as somebody else declares it too. [control]
  void withdraw(const Observer& observer);

  /// Done by whom: what belongs to the files of the configuration nobody else changes, and what others made the files
  /// may take over. [control]
  Outcome apply(std::span<const Operation> operations, Origin origin);
  /// What would become of it; nothing is done and no observer told. [control]
  Outcome plan(std::span<const Operation> operations, Origin origin);

  // ---- [any]

  /// Null where there is none.
  DocumentPtr find(std::string_view name_space, std::string_view type, std::string_view name) const;
  DocumentPtr find_key(std::string_view name_space, std::string_view type, std::string_view key) const;
  /// In the order of names; with holds while it answers true. Keeps changes waiting: takes copies and comes back.
  void walk(std::string_view name_space, std::string_view type, std::string_view after,
            const std::function<bool(const DocumentPtr&)>& function) const;
  std::size_t size(std::string_view name_space, std::string_view type) const;
  std::vector<std::string> types() const;
  /// Calls function with what a type is; false where there is none of that name. Keeps declarations waiting.
  bool describe(std::string_view type, const std::function<void(const Declaration&)>& function) const;
  std::vector<std::string> namespaces() const;

 private:
  friend class Batch;
  struct Declared {
    Type type;
    std::vector<Observer*> observers;
    std::map<const Observer*, std::size_t> most;  // of those who bound it
  };
  /// Who is asked about a type.
  std::vector<Observer*> judges(const Declared& declared) const;
  std::size_t strictest(const Declared& declared) const;  // 0: nobody bound it
  /// What is wrong with a type beside the others as to who belongs to whom; empty when nothing is.
  std::string parent_fault(const Declaration& declaration) const;
  using CollectionKey = std::pair<std::string, std::string>;  // namespace, type
  struct NamedKey {
    std::string name_space, type, name;
    auto operator<=>(const NamedKey&) const = default;
  };
  const Collection* collection(std::string_view name_space, std::string_view type) const;

  const std::function<std::int64_t()> wall_ms_;
  mutable std::shared_mutex mutex_;  // whoever changes something needs it only for that
  std::vector<std::string> namespaces_;
  std::map<std::string, Declared, std::less<>> types_;
  std::map<CollectionKey, Collection> collections_;
  std::map<NamedKey, std::size_t> needed_;  // how many name it
  std::vector<Observer*> of_all_;
  std::set<const Observer*> listening_;
  std::set<const Observer*> leaving_;
  std::uint64_t revision_;  // begins with the time, so that none of before a restart comes back for something else
};

}  // namespace trellis::resources
