#include "management.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

#include "backup_call.hpp"
#include "batch_change.hpp"
#include "ctl/ctl.hpp"
#include "explain.hpp"
#include "key_calls.hpp"
#include "query.hpp"
#include "reads.hpp"
#include "resolve.hpp"
#include "single_change.hpp"
#include "types.hpp"

namespace management {
namespace {

bool reads(std::string_view method) { return method == "GET" || method == "HEAD"; }

/// What may be done with a path.
std::string_view allowed(const Route& route) {
  switch (route.kind) {
    case Route::Kind::apply:
    case Route::Kind::list_keys:
    case Route::Kind::regenerate_key:
      return "POST";
    case Route::Kind::backup:
      return "GET, HEAD, POST";
    case Route::Kind::name_space:
      return "GET, HEAD, PUT, PATCH";
    case Route::Kind::item:
      return "GET, HEAD, PUT, PATCH, DELETE";
    default:
      return "GET, HEAD";
  }
}

bool allows(const Route& route, std::string_view method) {
  std::string_view rest = allowed(route);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(", ");
    if (rest.substr(0, comma) == method) return true;
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 2);
  }
  return false;
}

/// The types of bodies that a method takes; empty: it takes none.
std::vector<std::string_view> media_types(std::string_view method) {
  if (method == "PUT") return {"application/json"};
  if (method == "PATCH") return {"application/merge-patch+json", "application/json"};
  if (method == "POST") return {"application/json", "application/x-ndjson", "application/jsonl"};
  return {};
}

std::optional<Problem> check_media_type(const trellis::Request& request) {
  const auto known = media_types(request.method());
  std::string_view type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (known.empty() || type.empty()) return std::nullopt;
  if (std::ranges::any_of(known, [&](std::string_view one) { return same_word(one, type); })) return std::nullopt;
  std::string list;
  for (const std::string_view one : known) list += (list.empty() ? "" : " or ") + std::string(one);
  return Problem{.status = 415,
                 .code = "UnsupportedMediaType",
                 .message = "Content-Type: found " + std::string(type) + ", expected " + list};
}

/// Whoever guesses tokens does not fill the log.
constexpr std::chrono::milliseconds kBetweenWarnings{10'000};

}  // namespace

trellis::Result<void> Management::configure(const trellis::Config& config) {
  auto tokens = Tokens::read(config);
  if (!tokens) return tokens.error();
  context_.tokens = std::move(tokens).value();
  const auto size = [&](std::string_view name) { return static_cast<std::size_t>(config.integer(name)); };
  context_.limits = {size("body_bytes"), size("batch_operations"), size("pending_changes"), size("watches")};
  ring_size_ = size("watch_changes");
  context_.public_url = config.text("public_url");
  if (context_.public_url.ends_with('/')) context_.public_url.pop_back();
  shares_ = std::make_unique<TokenShares>(context_.limits.watches, context_.tokens.size());
  context_.changes = std::make_unique<TokenShares>(context_.limits.pending_changes, context_.tokens.size());
  observe_resources(*this);
  return trellis::ok();
}

trellis::Result<void> Management::start() {
  static constexpr std::string_view kRequests = "Requests of the management API, by what became of them.";
  static constexpr std::string_view kChanges = "Resources changed through the management API.";
  context_.host = host();
  const auto requests = [&](std::string_view labels) {
    return host().counter("trellis_management_requests_total", kRequests, labels);
  };
  const auto changes = [&](std::string_view labels) {
    return host().counter("trellis_management_changes_total", kChanges, labels);
  };
  context_.metrics = {requests("outcome=\"done\""),
                      requests("outcome=\"refused\""),
                      requests("outcome=\"unauthorized\""),
                      changes("change=\"created\""),
                      changes("change=\"changed\""),
                      changes("change=\"removed\""),
                      host().gauge("trellis_management_watches", "Requests that wait for changes.")};
  for (std::uint32_t i = 0; i < host().namespace_count(); ++i)
    context_.namespaces.emplace_back(host().name_space(i).name);
  // Revisions of another instance, or of the broker before it was restarted, must not be taken for one's own.
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  const std::uint64_t number = static_cast<std::uint64_t>(now) ^ (std::uint64_t{std::random_device{}()} << 20U);
  context_.ring = std::make_unique<ChangeRing>(std::to_string(number), ring_size_);
  return trellis::ok();
}

// ---- those who watch

Management::ShardState::ShardState(Management& service, trellis::Shard& shard)
    : list(std::make_shared<Waitlist>(service.context_, *service.shares_)) {
  const std::lock_guard lock(service.mutex_);
  service.lists_.emplace_back(shard.index(), list);
}

void Management::on_waitlists(void (Waitlist::*function)()) {
  const std::lock_guard lock(mutex_);
  for (const auto& [shard, list] : lists_) {
    host().post(shard, [function, weak = list] {
      if (const auto there = weak.lock()) (there.get()->*function)();
    });
  }
}

void Management::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  context_.ring->add(changes);
  // Who comes after this finds them in the ring.
  if (!shares_->empty()) on_waitlists(&Waitlist::look);
}

void Management::drain(std::chrono::milliseconds) { on_waitlists(&Waitlist::answer_all); }

// ---- requests

void Management::on_request(const trellis::Request& request, trellis::Reply reply) {
  const Caller* const caller = context_.tokens.find(request.header("authorization"));
  if (caller == nullptr) return refuse_unknown(request, reply);
  dispatch({request, std::move(reply), *caller, read_route(request.path())});
}

void Management::refuse_unknown(const trellis::Request& request, trellis::Reply& reply) {
  const bool told = !request.header("authorization").empty();
  const std::int64_t now = request.shard().now().count();
  std::int64_t next = next_warning_ms_;
  if (told && now >= next && next_warning_ms_.compare_exchange_strong(next, now + kBetweenWarnings.count()))
    host().log(trellis::Level::warn, "a request carries no token that is known", {{"peer", request.peer()}});
  send_problem(
      context_, reply,
      {.status = 401,
       .code = "AuthenticationFailed",
       .message = told ? "no such token is known here" : "every request needs a token: Authorization: Bearer <token>"},
      {"www-authenticate", told ? R"(Bearer realm="trellis", error="invalid_token")" : R"(Bearer realm="trellis")"});
}

std::optional<Problem> Management::refusal(const Call& call) const {
  if (call.request.body().size() > context_.limits.body_bytes)
    return Problem{.status = 413,
                   .code = "RequestEntityTooLarge",
                   .message = "the body has more than " + std::to_string(context_.limits.body_bytes) + " bytes"};
  if (auto problem = check_media_type(call.request)) return problem;
  if (!reads(call.request.method()) && context_.changes->full(context_.tokens.index_of(call.caller)))
    return Problem{
        .status = 503, .code = "ServerBusy", .message = "too many changes are under way with this token; try again"};
  return std::nullopt;
}

void Management::dispatch(Call call) {
  if (const auto problem = resolve(context_, call.route)) return send_problem(context_, call.reply, *problem);
  const std::string_view method = call.request.method();
  if (!allows(call.route, method)) {
    return send_problem(
        context_, call.reply,
        {.status = 405,
         .code = "MethodNotAllowed",
         .message = std::string(method) + " cannot be done here, only " + std::string(allowed(call.route))},
        {"allow", allowed(call.route)});
  }
  if (const auto problem = refusal(call)) return send_problem(context_, call.reply, *problem);
  if (call.route.kind == Route::Kind::apply) return dispatch_apply(std::move(call));
  if (call.route.kind == Route::Kind::backup) return dispatch_backup(std::move(call));
  if (call.route.kind == Route::Kind::list_keys || call.route.kind == Route::Kind::regenerate_key)
    return dispatch_keys(std::move(call));
  if (!reads(method)) return dispatch_change(std::move(call));
  dispatch_read(std::move(call));
}

namespace {

Problem read_only(const Caller& caller) {
  return {.status = 403,
          .code = "AuthorizationFailed",
          .message = "the token \"" + caller.name + "\" may only read; its \"permissions\" would have to be \"write\""};
}

bool wants_watch(std::string_view query) {
  return query.starts_with("watch=") || query.find("&watch=") != std::string_view::npos;
}

}  // namespace

void Management::dispatch_apply(Call call) {
  Query query;
  bool dry = false;
  auto problem = Query::read(call.request.query(), {"dryRun"}, query);
  if (!problem) problem = query.yes_or_no("dryRun", false, dry);
  if (!problem && !dry && !call.caller.may_write) problem = read_only(call.caller);
  if (problem) return send_problem(context_, call.reply, *problem);
  BatchChange::begin(context_, call.request, std::move(call.reply), std::move(call.route), call.caller, dry);
}

void Management::dispatch_change(Call call) {
  Query query;
  auto problem = Query::read(call.request.query(), {}, query);
  if (!problem && !call.caller.may_write) problem = read_only(call.caller);
  if (problem) return send_problem(context_, call.reply, *problem);
  SingleChange::begin(context_, call.request, std::move(call.reply), std::move(call.route), call.caller);
}

void Management::dispatch_backup(Call call) {
  Query query;
  auto problem = Query::read(call.request.query(), {}, query);
  const bool begins = !reads(call.request.method());
  if (!problem && begins && !call.caller.may_write) problem = read_only(call.caller);
  if (problem) return send_problem(context_, call.reply, *problem);
  if (begins) return begin_backup(context_, call.request, call.reply, call.caller);
  answer_backup(context_, call.reply);
}

void Management::dispatch_keys(Call call) {
  Query query;
  auto problem = Query::read(call.request.query(), {}, query);
  if (!problem && !call.caller.may_write) problem = read_only(call.caller);
  if (problem) return send_problem(context_, call.reply, *problem);
  if (call.route.kind == Route::Kind::list_keys) return list_keys(context_, call.route, call.reply);
  KeyRegeneration::begin(context_, call.request, std::move(call.reply), std::move(call.route), call.caller);
}

void Management::dispatch_read(Call call) {
  switch (call.route.kind) {
    case Route::Kind::types:
      return send_json(
          context_, call.reply, 200,
          describe_types(host(), R"("batchOperations":)" + std::to_string(context_.limits.batch_operations) + ','));
    case Route::Kind::explain:
      return explain(context_, call.request, std::move(call.reply), call.route);
    case Route::Kind::namespaces:
      return answer_namespaces(context_, call.request, call.reply, call.route);
    case Route::Kind::collection: {
      if (!wants_watch(call.request.query())) return answer_page(context_, call.request, call.reply, call.route);
      return call.request.shard().state<ShardState>().list->watch(call.request, std::move(call.reply), call.route,
                                                                  context_.tokens.index_of(call.caller));
    }
    default:
      return answer_item(context_, call.request, call.reply, call.route);
  }
}

// ---- the command

int Management::run(const std::vector<std::string_view>& words, const trellis::Console& console) {
  ctl::Terminal terminal;
  terminal.json = console.json();
  terminal.interactive = ::isatty(STDERR_FILENO) != 0;  // progress is written there
  terminal.output = STDOUT_FILENO;
  terminal.out = [&](std::string_view text) { console.out(text); };
  terminal.written = [] { return std::cout.good(); };  // which the console writes to
  terminal.err = [&](std::string_view text) { console.err(text); };
  terminal.environment = [](const char* name) -> std::optional<std::string> {
    const char* const value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return value;
  };
  return ctl::run_ctl(words, std::move(terminal));
}

}  // namespace management
