// Resources as they cross the boundary to plugins.
#pragma once

#include <trellis/abi/resource.h>

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <trellis/resources/registry.hpp>
#include <vector>

namespace trellis::resources {

/// What a plugin declared. Texts are copied.
Declaration declaration_of(const trellis_resource_type& type);

/// Borrows from the document.
trellis_resource crossing(std::string_view name_space, std::string_view type, const Document& document);

// The questions of trellis.host.resources/1, about a registry.
bool find(const Registry& registry, trellis_view name_space, trellis_view type, trellis_view name, void* user,
          void (*sink)(void*, const trellis_resource*));
bool find_key(const Registry& registry, trellis_view name_space, trellis_view type, trellis_view key, void* user,
              void (*sink)(void*, const trellis_resource*));
void list(const Registry& registry, trellis_view name_space, trellis_view type, trellis_view after, void* user,
          bool (*sink)(void*, const trellis_resource*));
void types(const Registry& registry, void* user, void (*sink)(void*, trellis_view));
bool describe(const Registry& registry, trellis_view type, void* user,
              void (*sink)(void*, const trellis_resource_type*));

/// A plugin's own functions for a type.
class PluginObserver final : public Observer {
 public:
  using Conceal = std::function<std::string(std::string_view)>;
  /// conceal: takes secrets out of what the plugin says.
  PluginObserver(void* plugin, const trellis_resource_type& type, Conceal conceal)
      : plugin_(plugin), check_(type.check), changed_(type.changed), conceal_(std::move(conceal)) {}

  /// Of one that hears of all types and judges none.
  PluginObserver(void* plugin, decltype(trellis_resource_type::changed) told)
      : plugin_(plugin), check_(nullptr), changed_(told) {}

  std::string check(const Change& change) override;
  void changed(const std::vector<Change>& changes) override;
  std::pair<const void*, const void*> listener() const override {
    return {plugin_, reinterpret_cast<const void*>(changed_)};
  }

 private:
  void* plugin_;
  decltype(trellis_resource_type::check) check_;
  decltype(trellis_resource_type::changed) changed_;
  Conceal conceal_;
};

/// What a plugin asked for, with everything it borrowed kept.
class Request {
 public:
  Request(const trellis_resource_operation* operations, std::uint32_t count);

  /// Does it, or only finds out (dry), and calls done within the call.
  void run(Registry& registry, bool dry, void* user, trellis_resources_fn done) const;

 private:
  void add(const trellis_resource_operation& from);

  std::list<schema::Document> documents_;
  std::vector<Operation> operations_;
  std::vector<Failure> unread_;  // operations whose JSON cannot be read
};

/// Results that are told later: everything in them kept.
class Answer {
 public:
  void keep(const trellis_resource_result* results, std::uint32_t count);
  void tell(void* user, trellis_resources_fn done) const;

 private:
  trellis_view kept(trellis_view view);
  const trellis_resource* kept(const trellis_resource& resource);

  std::vector<trellis_resource_result> results_;
  std::list<trellis_resource> resources_;
  std::list<std::string> texts_;
};

}  // namespace trellis::resources
