#include "key_calls.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <trellis/json.hpp>
#include <trellis/resources.hpp>

#include "body.hpp"
#include "common/base64/base64.hpp"
#include "types.hpp"

namespace management {
namespace {

using trellis::json::quote;

constexpr std::string_view kType = "accessKeys";
constexpr std::string_view kNames[] = {"key1", "key2"};
constexpr std::size_t kKeyBytes = 32;

std::optional<Problem> no_type(const Context& context) {
  if (find_type(context.host, kType)) return std::nullopt;
  return Problem{
      .status = 404,
      .code = "ResourceTypeNotFound",
      .message = "namespaces have no access keys here: no plugin declares accessKeys, as service-events does"};
}

std::string keys_of(const Context& context, const Route& route) {
  std::string out = "{";
  for (const std::string_view name : kNames) {
    std::string key = "null";
    trellis::with_resource(context.host, route.name_space, kType, name,
                           [&](const trellis::Resource& one) { key = quote(one.properties().text("key", "")); });
    out += (out.size() > 1 ? "," : "") + quote(name) + ':' + key;
  }
  return out + '}';
}

// Empty where the system gives no random bytes.
std::string new_key() {
  std::array<unsigned char, kKeyBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
  std::string key = common::to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

}  // namespace

void list_keys(const Context& context, const Route& route, trellis::Reply& reply) {
  if (const auto problem = no_type(context)) return send_problem(context, reply, *problem);
  send_json(context, reply, 200, keys_of(context, route));
}

KeyRegeneration::KeyRegeneration(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                                 const Caller& caller)
    : context_(context),
      shard_(request.shard().handle()),
      reply_(std::move(reply)),
      route_(std::move(route)),
      author_{caller.name, context.tokens.index_of(caller), std::string(request.peer())} {}

void KeyRegeneration::begin(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                            const Caller& caller) {
  std::unique_ptr<KeyRegeneration> call(
      new KeyRegeneration(context, request, std::move(reply), std::move(route), caller));
  auto problem = no_type(context);
  if (!problem) problem = call->read(request.body());
  if (!problem) problem = call->prepare();
  if (problem) return call->refuse(*problem);
  apply(std::move(call));
}

std::optional<Problem> KeyRegeneration::read(std::string_view body) {
  trellis::json::Value value;
  if (auto problem = read_json(body, value)) return problem;
  const trellis::json::Value* const found = value.find("keyName");
  if (value.keys.size() == 1 && found != nullptr) {
    for (const std::string_view name : kNames) {
      if (same_word(found->text, name)) name_ = name;
    }
  }
  if (!name_.empty()) return std::nullopt;
  return bad_request(R"(the body has to be {"keyName": "key1"} or {"keyName": "key2"})", "/keyName");
}

// The description stays.
std::optional<Problem> KeyRegeneration::prepare() {
  std::string description;
  bool of_files = false;
  trellis::with_resource(context_.host, route_.name_space, kType, name_, [&](const trellis::Resource& one) {
    expected_ = static_cast<std::int64_t>(one.revision());
    description = one.properties().text("description", "");
    of_files = one.from_files();
  });
  if (of_files)
    return Problem{.status = 409,
                   .code = "ManagedByFiles",
                   .message = what() + " stands in the resource files; put another key there and reload"};
  const std::string key = new_key();
  if (key.empty())
    return Problem{.status = 503, .code = "ServerBusy", .message = "the system gives no random bytes for a key"};
  properties_ = R"({"key":)" + quote(key);
  if (!description.empty()) properties_ += R"(,"description":)" + quote(description);
  properties_ += '}';
  return std::nullopt;
}

void KeyRegeneration::apply(std::unique_ptr<KeyRegeneration> call) {
  Context& context = call->context_;
  trellis_resource_operation operation{};
  operation.struct_size = sizeof operation;
  operation.kind = TRELLIS_RESOURCE_PUT;
  operation.name_space = trellis::view(call->route_.name_space);
  operation.type = trellis::view(kType);
  operation.name = trellis::view(call->name_);
  operation.properties = trellis::view(call->properties_);
  operation.expected = call->expected_;
  context.changes->enter(call->author_.token);
  trellis_shard* const shard = call->shard_;
  context.host.table<trellis_host_resources>()->apply(context.host.handle(), shard, &operation, 1, false,
                                                      call.release(), &done);
}

void KeyRegeneration::done(void* user, const trellis_resource_result* results, std::uint32_t number) {
  const std::unique_ptr<KeyRegeneration> call(static_cast<KeyRegeneration*>(user));
  Context& context = call->context_;
  context.changes->give_back(call->author_.token);
  if (number == 0 || results[0].outcome != TRELLIS_RESOURCE_DONE)
    return call->refuse(problem_of(results, number, "/properties"));
  const std::string_view outcome = outcome_of(results[0]);
  count(context, outcome);
  log_change(context, call->author_, call->route_.name_space, call->what(), outcome);
  send_json(context, call->reply_, 200, keys_of(context, call->route_));
}

void KeyRegeneration::refuse(const Problem& problem) {
  log_refusal(context_, author_, route_.name_space, what(), problem);
  send_problem(context_, reply_, problem);
}

std::string KeyRegeneration::what() const { return std::string(kType) + (name_.empty() ? "" : "/" + name_); }

}  // namespace management
