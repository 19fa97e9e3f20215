#include <algorithm>
#include <set>
#include <trellis/resources/files.hpp>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/secrets.hpp>

namespace trellis::resources {
namespace {

constexpr std::string_view kNamespace = "namespace";
constexpr std::string_view kDefaultNamespace = "default";

}  // namespace

Files Files::read(const std::filesystem::path& folder, schema::Diagnostics& diagnostics) {
  Files files;
  std::error_code none;
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (entry.path().extension() == ".json") paths.insert(entry.path());
  }
  for (const auto& path : paths) files.read_file(path, diagnostics);
  return files;
}

void Files::read_file(const std::filesystem::path& path, schema::Diagnostics& diagnostics) {
  auto loaded = schema::Document::load(path, diagnostics);
  if (!loaded) return;
  schema::Document& document = documents_.emplace_back(std::move(*loaded));
  schema::substitute_secrets(document, {.environment = {}, .leave = {"client."}}, diagnostics);
  const Json::Value& root = document.root();
  if (!root.isObject()) {
    document.report(diagnostics, "", "expected an object: types of resources with their resources by name");
    return;
  }
  const Json::Value& space = root.isMember(std::string(kNamespace)) ? root[std::string(kNamespace)] : Json::Value();
  if (!space.isNull() && !space.isString()) {
    document.report(diagnostics, "/namespace", "expected the name of a namespace");
    return;
  }
  const std::string name_space = space.isNull() ? std::string(kDefaultNamespace) : space.asString();
  for (const std::string& type : root.getMemberNames()) {
    if (type == kNamespace || type.starts_with("x-") || type == "$schema") continue;
    const Json::Value& of_type = root[type];
    const std::string at = schema::pointer_to("", type);
    if (!of_type.isObject()) {
      if (!document.is_broken(of_type)) document.report(diagnostics, at, "expected an object: resources by name");
      continue;
    }
    for (const std::string& name : of_type.getMemberNames()) {
      const std::string pointer = schema::pointer_to(at, name);
      const auto [known, added] = places_.emplace(std::vector{name_space, type, name}, std::pair{&document, pointer});
      if (!added) {
        auto again = document.at_pointer(pointer, type + '/' + name + " stands in the resource files twice");
        const auto first = known->second.first->at_pointer(known->second.second, "");
        again.notes.push_back({"first in " + place_text(first), 0, 0});
        diagnostics.add(std::move(again));
        continue;
      }
      wanted_.push_back({.name_space = name_space,
                         .type = type,
                         .name = name,
                         .source = &document,
                         .properties = &of_type[name],
                         .pointer = pointer});
    }
  }
}

std::vector<Operation> Files::plan(const Registry& registry) const {
  std::vector<Operation> operations;
  for (const std::string& name_space : registry.namespaces()) {
    for (const std::string& type : registry.types()) {
      registry.walk(name_space, type, "", [&](const DocumentPtr& document) {
        const std::string name(document->name());
        if (document->origin() == Origin::files && !places_.contains({name_space, type, name}))
          operations.push_back({.kind = Operation::Kind::remove, .name_space = name_space, .type = type, .name = name});
        return true;
      });
    }
  }
  operations.insert(operations.end(), wanted_.begin(), wanted_.end());
  return operations;
}

void report(const std::vector<Failure>& failures, schema::Diagnostics& diagnostics) {
  for (const Failure& failure : failures) diagnostics.add(failure.what);
}

}  // namespace trellis::resources
