// Resources: what a plugin declares, asks for and hears of.
#pragma once

#include <trellis/abi/resource.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/host.hpp>
#include <trellis/plugin.hpp>
#include <trellis/schema.hpp>
#include <vector>

namespace trellis {

/// One of them, borrowed for the call.
class Resource {
 public:
  explicit Resource(const trellis_resource& from) noexcept : from_(&from) {}

  std::string_view name_space() const noexcept { return text(from_->name_space); }
  std::string_view type() const noexcept { return text(from_->type); }
  std::string_view name() const noexcept { return text(from_->name); }
  /// What is unique beside the name.
  std::string_view key() const noexcept { return text(from_->key); }
  /// One line of JSON, checked against the type's schema, defaults filled in.
  std::string_view json() const noexcept { return text(from_->properties); }
  /// The same, read.
  Config properties() const { return Config::parse(json()).value(); }
  std::uint64_t revision() const noexcept { return from_->revision; }
  std::int64_t created_ms() const noexcept { return from_->created_ms; }
  std::int64_t modified_ms() const noexcept { return from_->modified_ms; }
  bool from_files() const noexcept { return from_->origin == TRELLIS_RESOURCE_FROM_FILES; }

 private:
  const trellis_resource* from_;
};

/// What becomes of one; borrowed for the call.
struct ResourceChange {
  std::optional<Resource> before;  ///< none: it is new
  std::optional<Resource> after;   ///< none: it goes
  /// Whichever is there, the later one first.
  const Resource& either() const { return after ? *after : *before; }
};

/// A property that holds the name of a resource of the same namespace, or a path that ends with it.
struct ResourceReference {
  std::string_view property;  ///< "a", or one within objects: "a/b"
  std::string_view type;
  std::vector<std::string_view> built_in = {};  ///< names that need no resource
};

/// What a type is. Texts live for the call that takes it.
struct ResourceTypeRules {
  std::string_view name;  ///< plural, as in paths: "clients"
  std::string schema;     ///< of the properties: Schema{}….json()
  std::string_view further_characters = "-";
  std::uint32_t shortest_name = 1;  ///< bytes
  std::uint32_t longest_name = 128;
  std::string_view key = {};  ///< a property that is unique and stays; empty: none
  std::vector<ResourceReference> references = {};
  std::uint32_t most = 0;  ///< in one namespace; 0: any number
  /// Type of what each belongs to: names are "PARENT/REST" then, and what is said of names above is about REST. Empty:
  /// each stands by itself.
  std::string_view parent = {};
};

/// A plugin that uses resources derives from this beside its kind, and declares what it uses within configure().
class ResourceUser {
 public:
  virtual ~ResourceUser() = default;
  /// Whether a change can be, beyond the schema: fail("/query: …") where it cannot. Never asked about what goes. No
  /// I/O. [control, configured…]
  virtual Result<void> check_resource(const ResourceChange&) { return ok(); }
  /// They were made: all those of one call, of all types it declared. Whoever asks gets what the whole call left
  /// already. What there is at the start is found by for_each_resource(). [control, running]
  virtual void resources_changed(const std::vector<ResourceChange>&) {}

 protected:
  /// Plugin: the class that derives from both. [control] within configure()
  template <class Plugin>
  static Result<void> declare_resources(Plugin& plugin, const ResourceTypeRules& rules) {
    const auto* table = plugin.host().template table<trellis_host_resources>();
    if (table == nullptr) return fail("this broker keeps no resources");
    std::vector<std::vector<trellis_view>> built_in;
    std::vector<trellis_resource_reference> references;
    for (const ResourceReference& one : rules.references) {
      auto& names = built_in.emplace_back();
      for (const std::string_view name : one.built_in) names.push_back(view(name));
      references.push_back(
          {view(one.property), view(one.type), names.data(), static_cast<std::uint32_t>(names.size())});
    }
    trellis_resource_type type{};
    type.struct_size = sizeof type;
    type.most = rules.most;
    type.name = view(rules.name);
    type.schema = view(rules.schema);
    type.further_characters = view(rules.further_characters);
    type.key = view(rules.key);
    type.shortest_name = rules.shortest_name;
    type.longest_name = rules.longest_name;
    type.references = references.data();
    type.reference_count = static_cast<std::uint32_t>(references.size());
    type.check = [](void* instance, const trellis_resource_change* change, trellis_error* error) {
      return glue::guarded(error, Status::invalid,
                           [&] { return user<Plugin>(instance).check_resource(change_of(*change)); });
    };
    type.changed = &changed_glue<Plugin>;
    type.parent = view(rules.parent);
    trellis_error error{sizeof(trellis_error), 0, {}};
    if (table->declare(plugin.host().handle(), &type, &error) == TRELLIS_OK) return ok();
    return fail(std::string(error.text, error.size));
  }

  /// resources_changed() is called with changes of every type from now on, whoever declares it: once for each call that
  /// changed something, when those that declare the types have heard. For plugins that declare none. [control] within
  /// configure()
  template <class Plugin>
  static void observe_resources(Plugin& plugin) {
    const auto* table = plugin.host().template table<trellis_host_resources>();
    if (table != nullptr) table->observe(plugin.host().handle(), &changed_glue<Plugin>);
  }

 private:
  template <class Plugin>
  static void changed_glue(void* instance, const trellis_resource_change* changes, std::uint32_t count) noexcept {
    glue::quietly(instance, "resources_changed", [&](trellis::Plugin&) {
      std::vector<ResourceChange> list;
      for (std::uint32_t i = 0; i < count; ++i) list.push_back(change_of(changes[i]));
      user<Plugin>(instance).resources_changed(list);
    });
  }
  template <class Plugin>
  static ResourceUser& user(void* instance) noexcept {
    return static_cast<Plugin&>(glue::plugin(instance));
  }
  static ResourceChange change_of(const trellis_resource_change& from) {
    ResourceChange change;
    if (from.before != nullptr) change.before.emplace(*from.before);
    if (from.after != nullptr) change.after.emplace(*from.after);
    return change;
  }
};

/// Calls function(const Resource&) with one, before it returns; false where there is none. [any, running]
template <class Function>
bool with_resource(const Host& host, std::string_view name_space, std::string_view type, std::string_view name,
                   Function function) {
  const auto* table = host.table<trellis_host_resources>();
  return table != nullptr && table->find(host.handle(), view(name_space), view(type), view(name), &function,
                                         [](void* user, const trellis_resource* resource) {
                                           (*static_cast<Function*>(user))(Resource(*resource));
                                         });
}

/// The same by its key, whatever the case of ASCII letters. [any, running]
template <class Function>
bool with_resource_of_key(const Host& host, std::string_view name_space, std::string_view type, std::string_view key,
                          Function function) {
  const auto* table = host.table<trellis_host_resources>();
  return table != nullptr && table->find_key(host.handle(), view(name_space), view(type), view(key), &function,
                                             [](void* user, const trellis_resource* resource) {
                                               (*static_cast<Function*>(user))(Resource(*resource));
                                             });
}

/// Calls function(const ResourceTypeRules&) with what a type is, before it returns; false where there is none of that
/// name. It must not ask for resources itself. [any, running]
template <class Function>
bool with_resource_type(const Host& host, std::string_view type, Function function) {
  const auto* table = host.table<trellis_host_resources>();
  return table != nullptr &&
         table->describe(host.handle(), view(type), &function, [](void* user, const trellis_resource_type* from) {
           ResourceTypeRules rules{.name = text(from->name), .schema = std::string(text(from->schema))};
           rules.further_characters = text(from->further_characters);
           rules.shortest_name = from->shortest_name;
           rules.longest_name = from->longest_name;
           rules.key = text(from->key);
           rules.most = from->most;
           rules.parent = text(from->parent);
           for (std::uint32_t i = 0; i < from->reference_count; ++i) {
             const trellis_resource_reference& one = from->references[i];
             ResourceReference& to = rules.references.emplace_back();
             to.property = text(one.property);
             to.type = text(one.type);
             for (std::uint32_t k = 0; k < one.built_in_count; ++k) to.built_in.push_back(text(one.built_in[k]));
           }
           (*static_cast<Function*>(user))(static_cast<const ResourceTypeRules&>(rules));
         });
}

/// The names of all types. [any, running]
inline std::vector<std::string> resource_types(const Host& host) {
  std::vector<std::string> names;
  if (const auto* table = host.table<trellis_host_resources>(); table != nullptr) {
    table->types(host.handle(), &names, [](void* user, trellis_view name) {
      static_cast<std::vector<std::string>*>(user)->emplace_back(text(name));
    });
  }
  return names;
}

/// Calls function(const Resource&) with each, in the order of names. It must not ask for resources itself.
/// [any, running]
template <class Function>
void for_each_resource(const Host& host, std::string_view name_space, std::string_view type, Function function) {
  const auto* table = host.table<trellis_host_resources>();
  if (table == nullptr) return;
  table->list(host.handle(), view(name_space), view(type), view(""), &function,
              [](void* user, const trellis_resource* resource) {
                (*static_cast<Function*>(user))(Resource(*resource));
                return true;
              });
}

}  // namespace trellis
