// What resources of one type look like, and what has to hold between them and others.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/resources/document.hpp>
#include <trellis/schema/schema.hpp>
#include <utility>
#include <vector>

namespace trellis::resources {

/// A property that holds the name of a resource of another type, in the same namespace, or a path that ends with it.
struct Reference {
  std::string property;  ///< "a", or one within objects: "a/b"
  std::string type;
  std::vector<std::string> built_in = {};  ///< names that need no resource
  bool operator==(const Reference&) const = default;
};

/// What whoever declares a type says of it.
struct Declaration {
  std::string name;                        ///< plural, as in paths: "clients"
  std::string schema;                      ///< JSON Schema of `properties`
  std::size_t shortest_name = 1;           ///< bytes
  std::size_t longest_name = 128;          ///< bytes
  std::string further_characters = {};     ///< that names may have beside letters and digits
  std::string key = {};                    ///< the property that is unique and stays as it is; empty: the name alone
  std::vector<Reference> references = {};  ///< what must be there
  std::size_t most = 0;                    ///< in one namespace; 0: any number
  std::string parent = {};                 ///< type of what each belongs to; empty: each stands by itself
  bool operator==(const Declaration&) const = default;
};

/// The first name of "a/b", which is taken off.
std::string_view take_step(std::string_view& property) noexcept;

/// Of a name with a parent, "orders/audit", that of the parent; of any other name nothing.
std::string_view parent_name(std::string_view name) noexcept;

/// What becomes of one resource. Null before: it is new; null after: it goes.
struct Change {
  std::string_view name_space;
  std::string_view type;
  DocumentPtr before;
  DocumentPtr after;
};

/// Who wants to know of a type's resources. Called on the thread that changes them.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Why a change cannot be, as "/pointer/into/properties: sentence" or as a sentence; empty where it can. Other
  /// changes of the same call may not be there yet.
  virtual std::string check(const Change& change) = 0;
  /// They were made, all of one call at once, and are seen by everybody who asks from now on.
  virtual void changed(const std::vector<Change>& changes) = 0;
  /// Who hears: observers of the same are told together, by one of them.
  virtual std::pair<const void*, const void*> listener() const { return {this, nullptr}; }
};

/// A declared type.
class Type {
 public:
  /// Nothing with the reason in error where the declaration is wrong.
  static std::optional<Type> make(Declaration declaration, std::string& error);

  const std::string& name() const noexcept { return declaration_.name; }
  const Declaration& declaration() const noexcept { return declaration_; }
  const schema::Schema& schema() const noexcept { return schema_; }
  /// What is wrong with a resource's name; empty when nothing is.
  std::string name_fault(std::string_view name) const;
  bool names_have_slashes() const noexcept;

 private:
  Type(Declaration declaration, schema::Schema schema)
      : declaration_(std::move(declaration)), schema_(std::move(schema)) {}

  Declaration declaration_;
  schema::Schema schema_;
};

}  // namespace trellis::resources
