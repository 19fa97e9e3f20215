#include "single_change.hpp"

#include <algorithm>
#include <trellis/resources.hpp>

#include "body.hpp"
#include "envelope.hpp"
#include "namespace_body.hpp"
#include "types.hpp"

namespace management {
namespace {

constexpr int kMostTries = 5;
constexpr std::string_view kPrefix = "/properties";

std::uint32_t kind_of(std::string_view method) {
  if (method == "PUT") return TRELLIS_RESOURCE_PUT;
  return method == "PATCH" ? TRELLIS_RESOURCE_PATCH : TRELLIS_RESOURCE_REMOVE;
}

Problem out_of_date(std::string message) {
  return {.status = 412, .code = "PreconditionFailed", .message = std::move(message)};
}

}  // namespace

SingleChange::SingleChange(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                           const Caller& caller)
    : context_(context),
      shard_(request.shard().handle()),
      reply_(std::move(reply)),
      route_(std::move(route)),
      author_{caller.name, context.tokens.index_of(caller), std::string(request.peer())},
      kind_(kind_of(request.method())) {}

void SingleChange::begin(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                         const Caller& caller) {
  std::unique_ptr<SingleChange> change(new SingleChange(context, request, std::move(reply), std::move(route), caller));
  if (const auto problem = change->read(request)) return change->refuse(*problem);
  apply(std::move(change));
}

std::optional<Problem> SingleChange::read(const trellis::Request& request) {
  bool there = false;
  trellis::with_resource(context_.host, route_.name_space, route_.type, route_.name,
                         [&](const trellis::Resource&) { there = true; });
  if (!there && std::ranges::count(built_in_names(context_.host, route_.type), route_.name) > 0)
    return Problem{.status = 403, .code = "BuiltIn", .message = what() + " is built in; it cannot be changed"};
  if (auto problem = read_conditions(request)) return problem;
  if (kind_ == TRELLIS_RESOURCE_REMOVE) return std::nullopt;
  if (auto problem = read_properties(request.body(), route_.type, route_.name, properties_)) return problem;
  const std::string hidden = SecretPlaces::of(context_.host, route_.type).hidden_in(properties_);
  if (hidden.empty()) return std::nullopt;
  return bad_request("\"***\" stands for what is not shown; give the secret, or leave it out of a PATCH",
                     std::string(kPrefix) + hidden);
}

std::optional<Problem> SingleChange::read_conditions(const trellis::Request& request) {
  if (const std::string_view field = request.header("if-none-match"); !field.empty()) {
    if (field != "*" || kind_ != TRELLIS_RESOURCE_PUT)
      return bad_request("If-None-Match: only * is known for changes, with PUT, for what must be new", "If-None-Match");
    only_new_ = true;
  }
  if (const std::string_view field = request.header("if-match"); !field.empty()) {
    match_ = EntityTags::parse(field);
    if (!match_) return bad_request("If-Match: expected *, or the etag in its quotes", "If-Match");
  }
  return std::nullopt;
}

// Once more when what it was based on has changed meanwhile.
std::optional<Problem> SingleChange::prepare() {
  std::optional<std::uint64_t> revision;
  trellis::with_resource(context_.host, route_.name_space, route_.type, route_.name,
                         [&](const trellis::Resource& one) { revision = one.revision(); });
  kind_now_ = kind_;
  expected_ = -1;
  guessed_ = false;
  if (match_) {
    if (!revision) return out_of_date(what() + " is not there");
    if (!match_->contains(*revision)) return out_of_date(what() + " was changed meanwhile");
    expected_ = static_cast<std::int64_t>(*revision);
    guessed_ = match_->any();
  }
  if (only_new_) expected_ = 0;
  properties_now_ = properties_;
  // A namespace is there before anybody set something for it.
  if (kind_ == TRELLIS_RESOURCE_PATCH && route_.type == kNamespaces && !revision && !match_) {
    kind_now_ = TRELLIS_RESOURCE_PUT;
    properties_now_ = without_nulls(*trellis::json::parse(properties_));
    expected_ = 0;
    guessed_ = true;
  }
  return kind_ == TRELLIS_RESOURCE_REMOVE ? find_children() : std::nullopt;
}

// What belongs to something goes with it.
std::optional<Problem> SingleChange::find_children() {
  children_.clear();
  const auto* table = context_.host.table<trellis_host_resources>();
  struct Walk {
    std::vector<Child>& found;
    const std::string& type;
    const std::string prefix;
    std::string of_files;
  };
  for (const std::string& type : child_types(context_.host, route_.type)) {
    Walk walk{children_, type, route_.name + '/', {}};
    table->list(context_.host.handle(), trellis::view(route_.name_space), trellis::view(type),
                trellis::view(walk.prefix), &walk, [](void* user, const trellis_resource* resource) {
                  auto& to = *static_cast<Walk*>(user);
                  const trellis::Resource one(*resource);
                  if (!one.name().starts_with(to.prefix)) return false;
                  to.found.push_back({to.type, std::string(one.name())});
                  if (one.from_files()) to.of_files = to.type + '/' + std::string(one.name());
                  return to.of_files.empty();
                });
    if (!walk.of_files.empty())
      return Problem{.status = 403,
                     .code = "ManagedByFiles",
                     .message = what() + " cannot go: " + walk.of_files +
                                " belongs to it and stands in the resource files; take it out there and reload"};
  }
  return std::nullopt;
}

void SingleChange::apply(std::unique_ptr<SingleChange> change) {
  if (const auto problem = change->prepare()) return change->refuse(*problem);
  Context& context = change->context_;
  ++change->tries_;
  trellis_resource_operation operation{};
  operation.struct_size = sizeof operation;
  operation.kind = change->kind_now_;
  operation.name_space = trellis::view(change->route_.name_space);
  operation.type = trellis::view(change->route_.type);
  operation.name = trellis::view(change->route_.name);
  operation.properties = trellis::view(change->properties_now_);
  operation.expected = change->expected_;
  std::vector<trellis_resource_operation> operations{operation};
  for (const Child& child : change->children_) {
    operation.type = trellis::view(child.type);
    operation.name = trellis::view(child.name);
    operation.expected = -1;
    operations.push_back(operation);
  }
  context.changes->enter(change->author_.token);
  trellis_shard* const shard = change->shard_;
  context.host.table<trellis_host_resources>()->apply(context.host.handle(), shard, operations.data(),
                                                      static_cast<std::uint32_t>(operations.size()), false,
                                                      change.release(), &done);
}

void SingleChange::done(void* user, const trellis_resource_result* results, std::uint32_t count) {
  std::unique_ptr<SingleChange> change(static_cast<SingleChange*>(user));
  change->context_.changes->give_back(change->author_.token);
  const std::uint32_t outcome = count > 0 ? results[0].outcome : 0;
  if (outcome == TRELLIS_RESOURCE_DONE) return change->succeed(results, count);
  if (count > 0 && change->tries_ < kMostTries && change->again(results[0])) return apply(std::move(change));
  if (outcome == TRELLIS_RESOURCE_NOT_FOUND && change->kind_ == TRELLIS_RESOURCE_REMOVE && results[0].operation == 0)
    return send_json(change->context_, change->reply_, 204, "");
  change->refuse(problem_of(results, count, kPrefix));
}

// Whether it failed for what was looked up before, and looks different now.
bool SingleChange::again(const trellis_resource_result& failure) const {
  if (failure.outcome == TRELLIS_RESOURCE_OUT_OF_DATE) return guessed_;
  if (failure.outcome == TRELLIS_RESOURCE_NOT_FOUND) return failure.operation > 0;
  // One may have come meanwhile, but somebody else may name it too: then the next try finds the same.
  return failure.outcome == TRELLIS_RESOURCE_NEEDED && !child_types(context_.host, route_.type).empty();
}

void SingleChange::succeed(const trellis_resource_result* results, std::uint32_t number) {
  for (std::uint32_t i = 1; i < number; ++i) {
    const Child& child = children_.at(results[i].operation - 1);
    count(context_, "removed");
    log_change(context_, author_, route_.name_space, child.type + '/' + child.name, "removed");
  }
  const trellis_resource_result& result = results[0];
  const std::string_view outcome = outcome_of(result);
  count(context_, outcome);
  if (outcome != "unchanged") log_change(context_, author_, route_.name_space, what(), outcome);
  const SecretPlaces secrets = SecretPlaces::of(context_.host, route_.type);
  if (result.after == nullptr)
    return send_json(context_, reply_, 200, envelope(route_, trellis::Resource(*result.before), secrets, "Deleted"));
  const trellis::Resource now(*result.after);
  send_json(context_, reply_, outcome == "created" ? 201 : 200, envelope(route_, now, secrets), to_tag(now.revision()));
}

// Where a namespace's body has what is kept among its properties.
void SingleChange::refuse(Problem problem) {
  const auto put_right = [](std::string& target) {
    const std::string_view below = std::string_view(target).substr(std::min(target.size(), kPrefix.size()));
    if (below.starts_with('/') && stands_beside(below.substr(1, below.find('/', 1) - 1))) target = below;
  };
  if (route_.type == kNamespaces) {
    put_right(problem.target);
    for (Problem& detail : problem.details) put_right(detail.target);
  }
  log_refusal(context_, author_, route_.name_space, what(), problem);
  send_problem(context_, reply_, problem);
}

}  // namespace management
