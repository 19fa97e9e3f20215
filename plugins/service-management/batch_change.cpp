#include "batch_change.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <trellis/resources.hpp>

#include "entity_tags.hpp"

namespace management {
namespace {

constexpr std::array<std::string_view, 4> kOutcomes{"created", "changed", "unchanged", "removed"};

trellis_resource_operation operation_of(const Route& route, const BatchLine& line) {
  trellis_resource_operation operation{};
  operation.struct_size = sizeof operation;
  operation.kind = line.properties ? TRELLIS_RESOURCE_PUT : TRELLIS_RESOURCE_REMOVE;
  operation.name_space = trellis::view(route.name_space);
  operation.type = trellis::view(line.type);
  operation.name = trellis::view(line.name);
  if (line.properties) operation.properties = trellis::view(*line.properties);
  operation.expected = line.expected;
  return operation;
}

}  // namespace

BatchChange::BatchChange(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                         const Caller& caller, bool dry)
    : context_(context),
      shard_(request.shard().handle()),
      reply_(std::move(reply)),
      route_(std::move(route)),
      author_{caller.name, context.tokens.index_of(caller), std::string(request.peer())},
      dry_(dry) {}

void BatchChange::begin(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                        const Caller& caller, bool dry) {
  std::unique_ptr<BatchChange> change(
      new BatchChange(context, request, std::move(reply), std::move(route), caller, dry));
  if (const auto problem = change->read(request.body())) return change->refuse(*problem);
  apply(std::move(change));
}

std::optional<Problem> BatchChange::read(std::string_view body) {
  if (auto problem = read_batch(body, context_.limits.batch_operations, lines_)) return problem;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    BatchLine& line = lines_[i];
    auto problem = check(line);
    if (!problem && !seen.emplace(line.type, line.name).second)
      problem = bad_request(line.type + '/' + line.name + " is in this call twice");
    if (problem) {
      problem->target = '/' + std::to_string(i) + problem->target;
      return problem;
    }
    // What has to go and is not there needs nothing.
    if (line.properties || line.expected > 0 || is_there(line)) asked_.push_back(static_cast<std::uint32_t>(i));
  }
  return std::nullopt;
}

const BatchChange::KnownType& BatchChange::known(const std::string& type) {
  const auto found = types_.find(type);
  if (found != types_.end()) return found->second;
  KnownType made;
  made.name = find_type(context_.host, type).value_or(type);
  made.parent = parent_of(context_.host, made.name);
  made.secrets = SecretPlaces::of(context_.host, made.name);
  made.built_in = built_in_names(context_.host, made.name);
  return types_.emplace(type, std::move(made)).first->second;
}

std::optional<Problem> BatchChange::check(BatchLine& line) {
  const KnownType& type = known(line.type);
  line.type = type.name;
  if (!line.parent_type.empty() && !same_word(line.parent_type, type.parent))
    return bad_request(line.type + (type.parent.empty() ? " belong to nothing" : " belong to " + type.parent) +
                           ", not to " + line.parent_type,
                       "/type");
  if (line.type == kNamespaces && (line.name != route_.name_space || !line.properties))
    return bad_request("a call changes its own namespace only, and none goes: it is " + route_.name_space);
  if (std::ranges::count(type.built_in, line.name) > 0 && !is_there(line))
    return Problem{.status = 403,
                   .code = "BuiltIn",
                   .message = line.type + '/' + line.name + " is built in; it cannot be changed"};
  const std::string hidden = line.properties ? type.secrets.hidden_in(*line.properties) : "";
  if (hidden.empty()) return std::nullopt;
  return bad_request("\"***\" stands for what is not shown; give the secret", "/properties" + hidden);
}

bool BatchChange::is_there(const BatchLine& line) const {
  return trellis::with_resource(context_.host, route_.name_space, line.type, line.name,
                                [](const trellis::Resource&) {});
}

void BatchChange::apply(std::unique_ptr<BatchChange> change) {
  if (change->asked_.empty()) return change->succeed(nullptr, 0);
  Context& context = change->context_;
  std::vector<trellis_resource_operation> operations;
  for (const std::uint32_t line : change->asked_)
    operations.push_back(operation_of(change->route_, change->lines_[line]));
  context.changes->enter(change->author_.token);
  trellis_shard* const shard = change->shard_;
  const bool dry = change->dry_;
  // What is passed is copied before apply() returns; the lines are the change's, which outlives that.
  context.host.table<trellis_host_resources>()->apply(context.host.handle(), shard, operations.data(),
                                                      static_cast<std::uint32_t>(operations.size()), dry,
                                                      change.release(), &done);
}

void BatchChange::done(void* user, const trellis_resource_result* results, std::uint32_t count) {
  const std::unique_ptr<BatchChange> change(static_cast<BatchChange*>(user));
  change->context_.changes->give_back(change->author_.token);
  if (std::all_of(results, results + count, [](const auto& one) { return one.outcome == TRELLIS_RESOURCE_DONE; }))
    return change->succeed(results, count);
  std::vector<trellis_resource_result> placed(results, results + count);
  for (trellis_resource_result& one : placed) {
    if (one.operation < change->asked_.size()) one.operation = change->asked_[one.operation];
  }
  change->refuse(problem_of(placed.data(), count, "/*/properties"));
}

void BatchChange::succeed(const trellis_resource_result* results, std::uint32_t number) {
  using trellis::json::quote;
  std::vector<const trellis_resource_result*> of_line(lines_.size(), nullptr);
  for (std::uint32_t i = 0; i < number; ++i) of_line[asked_.at(results[i].operation)] = &results[i];
  std::array<std::size_t, kOutcomes.size()> counts{};
  std::string operations;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const BatchLine& line = lines_[i];
    const std::string_view outcome = of_line[i] == nullptr ? "unchanged" : outcome_of(*of_line[i]);
    ++counts[static_cast<std::size_t>(std::ranges::find(kOutcomes, outcome) - kOutcomes.begin())];
    operations += (i == 0 ? "" : ",") + std::string(R"({"type":)") + quote(line.type) + R"(,"name":)" +
                  quote(line.name) + R"(,"outcome":)" + quote(outcome);
    if (!dry_ && of_line[i] != nullptr && of_line[i]->after != nullptr)
      operations += R"(,"etag":)" + quote(to_tag(of_line[i]->after->revision));
    operations += '}';
    if (dry_ || outcome == "unchanged") continue;
    count(context_, outcome);
    log_change(context_, author_, route_.name_space, line.type + '/' + line.name, outcome);
  }
  std::string out = std::string("{\"dryRun\":") + (dry_ ? "true" : "false");
  for (std::size_t i = 0; i < kOutcomes.size(); ++i)
    out += ",\"" + std::string(kOutcomes[i]) + "\":" + std::to_string(counts[i]);
  send_json(context_, reply_, 200, out + ",\"operations\":[" + operations + "]}");
}

void BatchChange::refuse(const Problem& problem) {
  if (!dry_) log_refusal(context_, author_, route_.name_space, std::to_string(lines_.size()) + " at once", problem);
  send_problem(context_, reply_, problem);
}

}  // namespace management
