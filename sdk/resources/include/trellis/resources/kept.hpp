// Resources as something beyond the process keeps them: those of calls. The files of the configuration are read anew.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <trellis/resources/registry.hpp>
#include <utility>
#include <vector>

namespace trellis::resources {

/// A key with its value; without one it has to be forgotten.
using KeptRecord = std::pair<std::string, std::string>;
inline constexpr char kKeptKey = 'c';  ///< what all the keys begin with

/// Writes down what changes. Told and asked on the thread that changes resources.
class KeptChanges final : public Observer {
 public:
  std::string check(const Change&) override { return {}; }
  void changed(const std::vector<Change>& changes) override;
  /// Since it was asked last.
  std::vector<KeptRecord> take() { return std::exchange(records_, {}); }

 private:
  std::vector<KeptRecord> records_;
};

/// Brings back what was kept.
class Restoring {
 public:
  /// False where the key is not one of a resource, or the value says nothing that is understood.
  bool add(std::string_view key, std::string_view value);
  /// Brings back what fits what is declared today; what names resources that are not there yet waits. Answers why others
  /// were left out. Nobody is told. [control]
  std::vector<std::string> apply(Registry& registry);
  /// The same for those that wait: nothing more comes.
  std::vector<std::string> finish(Registry& registry);
  std::size_t size() const noexcept { return operations_.size() + waiting_.size(); }

 private:
  std::vector<std::string> drop_excess(const Registry& registry);
  std::vector<std::string> apply_all(Registry& registry, bool may_wait);

  std::list<schema::Document> documents_;
  std::vector<Operation> operations_;
  std::vector<Operation> waiting_;
};

}  // namespace trellis::resources
