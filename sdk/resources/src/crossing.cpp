#include <algorithm>
#include <cstddef>
#include <trellis/resources/crossing.hpp>

namespace trellis::resources {
namespace {

std::string_view text_of(trellis_view view) { return {view.data == nullptr ? "" : view.data, view.size}; }
trellis_view view_of(std::string_view text) { return {text.data(), text.size()}; }
std::string copy_of(trellis_view view) { return std::string(text_of(view)); }

/// A change as it crosses the boundary; lives as long as what it was made of.
class CrossingChange {
 public:
  explicit CrossingChange(const Change& change) {
    if (change.before != nullptr) before_ = crossing(change.name_space, change.type, *change.before);
    if (change.after != nullptr) after_ = crossing(change.name_space, change.type, *change.after);
    has_before_ = change.before != nullptr;
    has_after_ = change.after != nullptr;
  }
  const trellis_resource* before() const noexcept { return has_before_ ? &before_ : nullptr; }
  const trellis_resource* after() const noexcept { return has_after_ ? &after_ : nullptr; }
  trellis_resource_change facts() const noexcept { return {sizeof(trellis_resource_change), before(), after()}; }

 private:
  trellis_resource before_{};
  trellis_resource after_{};
  bool has_before_ = false;
  bool has_after_ = false;
};

constexpr std::uint32_t outcome_of(Failure::Reason reason) noexcept {
  switch (reason) {
    case Failure::Reason::unknown_type:
      return TRELLIS_RESOURCE_UNKNOWN_TYPE;
    case Failure::Reason::unknown_namespace:
      return TRELLIS_RESOURCE_UNKNOWN_NAMESPACE;
    case Failure::Reason::not_found:
      return TRELLIS_RESOURCE_NOT_FOUND;
    case Failure::Reason::missing:
      return TRELLIS_RESOURCE_MISSING;
    case Failure::Reason::taken:
      return TRELLIS_RESOURCE_TAKEN;
    case Failure::Reason::needed:
      return TRELLIS_RESOURCE_NEEDED;
    case Failure::Reason::out_of_date:
      return TRELLIS_RESOURCE_OUT_OF_DATE;
    case Failure::Reason::not_yours:
      return TRELLIS_RESOURCE_NOT_YOURS;
    case Failure::Reason::too_many:
      return TRELLIS_RESOURCE_TOO_MANY;
    case Failure::Reason::invalid:
      break;
  }
  return TRELLIS_RESOURCE_INVALID;
}

void tell(const std::vector<Failure>& failures, void* user, trellis_resources_fn done) {
  std::vector<trellis_resource_result> results;
  for (const Failure& failure : failures) {
    trellis_resource_result& result = results.emplace_back();
    result.struct_size = sizeof result;
    result.outcome = outcome_of(failure.reason);
    result.operation = static_cast<std::uint32_t>(failure.operation);
    result.pointer = view_of(failure.what.pointer);
    result.message = view_of(failure.what.message);
    result.suggestion = view_of(failure.what.suggestion);
  }
  done(user, results.data(), static_cast<std::uint32_t>(results.size()));
}

}  // namespace

Declaration declaration_of(const trellis_resource_type& type) {
  Declaration made{copy_of(type.name), copy_of(type.schema)};
  made.shortest_name = type.shortest_name;
  made.longest_name = type.longest_name;
  made.further_characters = copy_of(type.further_characters);
  made.key = copy_of(type.key);
  made.most = type.most;
  if (type.struct_size > offsetof(trellis_resource_type, parent)) made.parent = copy_of(type.parent);
  for (std::uint32_t i = 0; i < type.reference_count; ++i) {
    const trellis_resource_reference& from = type.references[i];
    Reference& to = made.references.emplace_back(Reference{copy_of(from.property), copy_of(from.type)});
    for (std::uint32_t k = 0; k < from.built_in_count; ++k) to.built_in.push_back(copy_of(from.built_in[k]));
  }
  return made;
}

trellis_resource crossing(std::string_view name_space, std::string_view type, const Document& document) {
  trellis_resource resource{};
  resource.struct_size = sizeof resource;
  resource.origin = document.origin() == Origin::files ? TRELLIS_RESOURCE_FROM_FILES  //
                                                       : TRELLIS_RESOURCE_FROM_CALLS;
  resource.name_space = view_of(name_space);
  resource.type = view_of(type);
  resource.name = view_of(document.name());
  resource.key = view_of(document.key());
  resource.properties = view_of(document.properties());
  resource.revision = document.revision();
  resource.created_ms = document.created_ms();
  resource.modified_ms = document.modified_ms();
  return resource;
}

// ---- what a plugin is told when it asks

namespace {

bool hand_out(trellis_view name_space, trellis_view type, const DocumentPtr& found, void* user,
              void (*sink)(void*, const trellis_resource*)) {
  if (found == nullptr) return false;
  const trellis_resource resource = crossing(text_of(name_space), text_of(type), *found);
  sink(user, &resource);
  return true;
}

}  // namespace

bool find(const Registry& registry, trellis_view name_space, trellis_view type, trellis_view name, void* user,
          void (*sink)(void*, const trellis_resource*)) {
  return hand_out(name_space, type, registry.find(text_of(name_space), text_of(type), text_of(name)), user, sink);
}

bool find_key(const Registry& registry, trellis_view name_space, trellis_view type, trellis_view key, void* user,
              void (*sink)(void*, const trellis_resource*)) {
  return hand_out(name_space, type, registry.find_key(text_of(name_space), text_of(type), text_of(key)), user, sink);
}

void list(const Registry& registry, trellis_view name_space, trellis_view type, trellis_view after, void* user,
          bool (*sink)(void*, const trellis_resource*)) {
  registry.walk(text_of(name_space), text_of(type), text_of(after), [&](const DocumentPtr& document) {
    const trellis_resource resource = crossing(text_of(name_space), text_of(type), *document);
    return sink(user, &resource);
  });
}

void types(const Registry& registry, void* user, void (*sink)(void*, trellis_view)) {
  for (const std::string& name : registry.types()) sink(user, view_of(name));
}

bool describe(const Registry& registry, trellis_view type, void* user,
              void (*sink)(void*, const trellis_resource_type*)) {
  return registry.describe(text_of(type), [&](const Declaration& from) {
    std::list<std::vector<trellis_view>> built_in;
    std::vector<trellis_resource_reference> references;
    for (const Reference& one : from.references) {
      auto& names = built_in.emplace_back();
      for (const std::string& name : one.built_in) names.push_back(view_of(name));
      references.push_back({view_of(one.property), view_of(one.type), names.data(),  //
                            static_cast<std::uint32_t>(names.size())});
    }
    trellis_resource_type made{};
    made.struct_size = sizeof made;
    made.most = static_cast<std::uint32_t>(from.most);
    made.name = view_of(from.name);
    made.schema = view_of(from.schema);
    made.further_characters = view_of(from.further_characters);
    made.key = view_of(from.key);
    made.shortest_name = static_cast<std::uint32_t>(from.shortest_name);
    made.longest_name = static_cast<std::uint32_t>(from.longest_name);
    made.references = references.data();
    made.reference_count = static_cast<std::uint32_t>(references.size());
    made.parent = view_of(from.parent);
    sink(user, &made);
  });
}

// ---- what a plugin hears

std::string PluginObserver::check(const Change& change) {
  if (check_ == nullptr || change.after == nullptr) return {};
  const CrossingChange crossed(change);
  const trellis_resource_change facts = crossed.facts();
  trellis_error error{sizeof(trellis_error), 0, {}};
  if (check_(plugin_, &facts, &error) == TRELLIS_OK) return {};
  if (error.size == 0) return "the plugin gives no reason";
  return conceal_({error.text, std::min<std::size_t>(error.size, sizeof error.text)});
}

void PluginObserver::changed(const std::vector<Change>& changes) {
  if (changed_ == nullptr) return;
  std::list<CrossingChange> crossed;
  std::vector<trellis_resource_change> facts;
  for (const Change& one : changes) facts.push_back(crossed.emplace_back(one).facts());
  changed_(plugin_, facts.data(), static_cast<std::uint32_t>(facts.size()));
}

// ---- what a plugin asks for

Request::Request(const trellis_resource_operation* operations, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) add(operations[i]);
}

void Request::add(const trellis_resource_operation& from) {
  const auto index = operations_.size();
  Operation& made = operations_.emplace_back();
  if (from.kind == TRELLIS_RESOURCE_PATCH) made.kind = Operation::Kind::patch;
  if (from.kind == TRELLIS_RESOURCE_REMOVE) made.kind = Operation::Kind::remove;
  made.name_space = copy_of(from.name_space);
  made.type = copy_of(from.type);
  made.name = copy_of(from.name);
  if (from.expected >= 0) made.expected = static_cast<std::uint64_t>(from.expected);
  if (made.kind == Operation::Kind::remove) return;
  schema::Diagnostics wrong;
  auto document = schema::Document::parse(copy_of(from.properties), "", wrong);
  for (const schema::Diagnostic& one : wrong) unread_.push_back({index, Failure::Reason::invalid, one});
  if (!document) return;
  made.source = &documents_.emplace_back(std::move(*document));
  made.properties = &made.source->root();
}

void Request::run(Registry& registry, bool dry, void* user, trellis_resources_fn done) const {
  if (!unread_.empty()) return tell(unread_, user, done);
  const Outcome outcome = dry ? registry.plan(operations_, Origin::calls) : registry.apply(operations_, Origin::calls);
  if (!outcome.ok()) return tell(outcome.failures, user, done);
  std::list<CrossingChange> crossed;
  std::vector<trellis_resource_result> results;
  for (const Change& change : outcome.changes) {
    const CrossingChange& one = crossed.emplace_back(change);
    trellis_resource_result& result = results.emplace_back();
    result.struct_size = sizeof result;
    result.outcome = TRELLIS_RESOURCE_DONE;
    result.operation = static_cast<std::uint32_t>(results.size() - 1);
    result.before = one.before();
    result.after = one.after();
  }
  done(user, results.data(), static_cast<std::uint32_t>(results.size()));
}

// ---- what it is answered

void Answer::keep(const trellis_resource_result* results, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    trellis_resource_result& result = results_.emplace_back(results[i]);
    for (const trellis_resource** one : {&result.before, &result.after}) {
      if (*one != nullptr) *one = kept(**one);
    }
    for (trellis_view* one : {&result.pointer, &result.message, &result.suggestion}) *one = kept(*one);
  }
}

void Answer::tell(void* user, trellis_resources_fn done) const {
  done(user, results_.data(), static_cast<std::uint32_t>(results_.size()));
}

trellis_view Answer::kept(trellis_view view) { return view_of(texts_.emplace_back(text_of(view))); }

const trellis_resource* Answer::kept(const trellis_resource& resource) {
  trellis_resource& copy = resources_.emplace_back(resource);
  for (trellis_view* one : {&copy.name_space, &copy.type, &copy.name, &copy.key, &copy.properties}) *one = kept(*one);
  return &copy;
}

}  // namespace trellis::resources
