#include "ctl/server.hpp"

#include <fstream>
#include <iterator>

#include "ctl/printable.hpp"
#include "query.hpp"
#include "route.hpp"
#include "shown_name.hpp"

namespace management::ctl {
namespace {

constexpr std::string_view kUsualServer = "http://127.0.0.1:9090/management";

trellis::Result<std::string> read_token(const CtlRequest& request, const Terminal& terminal) {
  if (!request.token_file.empty()) {
    std::ifstream file(request.token_file, std::ios::binary);
    if (!file) return trellis::fail("cannot read the token file " + request.token_file);
    std::string token{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
    if (token.empty()) return trellis::fail("the token file " + request.token_file + " is empty");
    return token;
  }
  if (auto token = terminal.environment("TRELLIS_TOKEN"); token && !token->empty()) return *std::move(token);
  return trellis::fail(
      "a token is needed, one of plugins.service-management.config.tokens of the broker's configuration: put it into a "
      "file and name that with --token-file, or into the environment as TRELLIS_TOKEN");
}

std::string hint_of(std::uint32_t status, std::string_view code, std::string_view message, const Api& api) {
  if (status == 401 && &api == &kEventApi && message.find("accessKeys") == std::string_view::npos)
    return "; --key @FILE or TRELLIS_EVENTS_KEY give a key, and \"trellis ctl keys list\" prints those there are";
  if (status == 401 && &api == &kManagementApi)
    return "; the broker's configuration has them: plugins.service-management.config.tokens";
  if (status == 413 && &api == &kEventApi && message == "the body is too large")
    return ": transport-http takes 1 MiB in one request, or what its setting body_bytes says; service-events has "
           "bounds "
           "of its own, event_bytes and request_bytes";
  if (code == "ManagedByFiles") return " (trellis check, then SIGHUP to the broker)";
  if (message.find("no service is mounted") != std::string_view::npos)
    return "; " + std::string(api.option) + " ends with the path under which the listener's \"services\" have " +
           std::string(api.service);
  return "";
}

std::string with_target(const trellis::json::Value& problem) {
  const std::string message = printable_in_line(text_at(&problem, "message"));
  const std::string target = printable_in_line(text_at(&problem, "target"));
  return target.empty() || message.starts_with(target) ? message : target + ": " + message;
}

}  // namespace

std::string_view Json::text_of(std::string_view key) const {
  const auto* const found = value.find(key);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

trellis::Result<Json> read_json_text(std::string text) {
  Json json{std::make_shared<const std::string>(std::move(text)), {}};
  auto value = trellis::json::parse(*json.text);
  if (!value) return value.error();
  json.value = std::move(value).value();
  return json;
}

trellis::Result<std::unique_ptr<Server>> Server::open(const CtlRequest& request, const Terminal& terminal) {
  std::string where = request.server;
  if (where.empty()) where = terminal.environment("TRELLIS_SERVER").value_or("");
  if (where.empty()) where = kUsualServer;
  auto address = parse_address(where);
  if (!address) return trellis::fail("server " + where + ": " + address.error().text);
  auto token = read_token(request, terminal);
  if (!token) return token.error();
  return std::unique_ptr<Server>(new Server(std::move(address).value(), std::move(token).value(), request));
}

trellis::Result<HttpAnswer> Server::ask(std::string_view method, std::string_view path, std::string body,
                                        std::string_view media_type, std::chrono::seconds more) {
  HttpRequest request;
  request.method = method;
  request.target = path;
  request.media_type = media_type;
  request.body = std::move(body);
  return ask(std::move(request), more);
}

trellis::Result<HttpAnswer> Server::ask(HttpRequest request, std::chrono::seconds more) {
  request.target = connection_.address().mount + request.target;
  request.authorization = "Bearer " + token_;
  return connection_.ask(request, timeout_ + more);
}

trellis::Result<Json> Server::get(std::string_view path, std::chrono::seconds more) {
  auto answer = ask("GET", path, {}, {}, more);
  if (!answer) return answer.error();
  if (answer->status >= 300) return trellis::fail(sentence_of(*answer));
  auto json = read_json_text(std::move(answer->body));
  if (!json) return trellis::fail("what answers is no management API: " + json.error().text);
  return json;
}

std::string Server::space() const { return "/namespaces/" + percent_encode(name_space_); }

std::string Server::collection(std::string_view type) const {
  return same_word(type, kNamespaces) ? "/namespaces" : space() + '/' + percent_encode(type);
}

std::string Server::collection_of(std::string_view parent_type, std::string_view parent, std::string_view type) const {
  return collection(parent_type) + '/' + percent_encode(parent) + '/' + percent_encode(type);
}

std::string Server::item(std::string_view type, std::string_view name) const {
  const std::string_view parent = name.substr(0, name.find('/'));
  // "orders/" must not come to mean "orders".
  if (parent.empty() || parent.size() + 1 >= name.size()) return collection(type) + '/' + percent_encode(name);
  return collection(type) + '/' + percent_encode(parent) + '/' + percent_encode(name.substr(parent.size() + 1));
}

std::string text_at(const trellis::json::Value* value, std::string_view key) {
  const auto* const found = value == nullptr ? nullptr : value->find(key);
  return found == nullptr ? std::string() : found->text;
}

std::string name_of(const trellis::json::Value* resource) {
  const std::string name = text_at(resource, "name");
  const auto shown = read_shown(text_at(resource, "type"), name, text_at(resource, "id"));
  return shown ? shown->name : name;
}

std::string sentence_of(const HttpAnswer& answer, const Api& api) {
  const auto json = read_json_text(answer.body);
  const trellis::json::Value* const error = json ? json->value.find("error") : nullptr;
  if (error == nullptr) return "the answer is HTTP " + std::to_string(answer.status);
  const auto* const details = error->find("details");
  const std::string hint = hint_of(answer.status, text_at(error, "code"), text_at(error, "message"), api);
  if (details == nullptr || details->items.empty()) return with_target(*error) + hint;
  std::string out;
  for (const auto& one : details->items) out += (out.empty() ? "" : "\n  ") + with_target(one);
  return out + hint;
}

}  // namespace management::ctl
