// The files of a configuration that hold resources, and what they ask for.
#pragma once

#include <filesystem>
#include <list>
#include <string>
#include <trellis/resources/registry.hpp>
#include <vector>

namespace trellis::resources {

/// Everything in a folder's *.json files, each of which looks like
///
///     {"namespace": "default", "clientGroups": {"presses": {"query": "attributes.type = \"press\""}}}
///
/// "namespace" may be left out, and a file may hold resources of any types.
class Files {
 public:
  /// Reads them in the order of their names; what is wrong goes to diagnostics. A folder that is not there is empty.
  static Files read(const std::filesystem::path& folder, schema::Diagnostics& diagnostics);

  Files(Files&&) = default;
  Files& operator=(Files&&) = default;

  /// What makes a registry hold what stands in them, and nothing of earlier files that does not any more. They have to
  /// outlive it.
  std::vector<Operation> plan(const Registry& registry) const;

 private:
  Files() = default;
  void read_file(const std::filesystem::path& path, schema::Diagnostics& diagnostics);

  std::list<schema::Document> documents_;
  std::vector<Operation> wanted_;
  std::map<std::vector<std::string>, std::pair<schema::Document*, std::string>> places_;  // of each resource
};

/// Adds what kept a call from being done.
void report(const std::vector<Failure>& failures, schema::Diagnostics& diagnostics);

}  // namespace trellis::resources
