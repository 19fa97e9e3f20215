/// What a path means.
#pragma once

#include <string>
#include <string_view>

namespace management {

/// The type of what belongs to a namespace itself; its one resource has the namespace's name.
inline constexpr std::string_view kNamespaces = "namespaces";
/// What types are called before the last slash.
inline constexpr std::string_view kProvider = "Microsoft.EventGrid/namespaces";

struct Route {
  enum class Kind {
    unknown,
    types,           ///< /types
    backup,          ///< /backup
    namespaces,      ///< /namespaces
    name_space,      ///< /namespaces/NS: an item too
    apply,           ///< /namespaces/NS/apply
    explain,         ///< /namespaces/NS/explain
    list_keys,       ///< /namespaces/NS/listKeys
    regenerate_key,  ///< /namespaces/NS/regenerateKey
    collection,      ///< /namespaces/NS/TYPE, /namespaces/NS/PARENT_TYPE/PARENT/TYPE
    item,            ///< /namespaces/NS/TYPE/NAME, /namespaces/NS/PARENT_TYPE/PARENT/TYPE/NAME
    nested           ///< /namespaces/NS/A/B/C: a collection, or an item of a type with a parent; the types have to tell
  };
  Kind kind = Kind::unknown;
  std::string base;         ///< "/subscriptions/S/resourceGroups/G/providers/Microsoft.EventGrid", or empty
  std::string name_space;   ///< all but types, backup, namespaces
  std::string type;         ///< collection, item; "namespaces" of name_space
  std::string name;         ///< item, as the broker calls it: "orders/audit"; that of the namespace of name_space
  std::string parent_type;  ///< of types with a parent, and where the path has one; nested: A
  std::string parent;       ///< of a collection that is a parent's own; nested: B

  /// "/subscriptions/…/namespaces/NS", without a slash at its end.
  std::string space_id() const { return base + "/namespaces/" + name_space; }
  std::string collection_id() const;
  /// As one of an item of it has.
  std::string id_of(std::string_view item) const;
  /// What the names of its items begin with: "orders/" of a parent's own collection; empty: anything.
  std::string prefix() const { return parent.empty() ? "" : parent + '/'; }
};

/// As answers have it: without the parent's.
std::string_view own_name(std::string_view name) noexcept;

/// The path below the mount, decoded. The words around names do not mind the case of letters.
Route read_route(std::string_view path);

/// The same word but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b) noexcept;

}  // namespace management
