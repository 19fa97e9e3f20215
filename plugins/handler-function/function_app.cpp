#include "function_app.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <trellis/json.hpp>
#include <utility>

#include "addresses.hpp"
#include "common/http/characters.hpp"
#include "common/http/target.hpp"

namespace functions {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;
using trellis::http::cut_last_segment;
using trellis::http::equals_ignoring_case;
using trellis::json::quote;

constexpr std::array<std::string_view, 4> kOwn{"resourceId", "functionAppUrl", "functionName", "systemKey"};

struct Function {
  App app;
  std::string name;
};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 127 && std::ranges::all_of(text, [](char c) {
    return trellis::http::is_alpha(c) || trellis::http::is_digit(c) || c == '-' || c == '_';
  });
}

// Of an app: what stands before /runtime.
Result<std::string> read_app_url(std::string_view text, bool allow_http) {
  auto url = hooks::read_url(text, allow_http);
  if (!url) return url.error();
  if (url->target != "/") return fail("expected the URL of an app, without a path or query");
  return url->origin();
}

Result<std::string> own_text(const Config& properties, std::string_view name) {
  const auto found = properties.find(name);
  if (!found || found->type() == trellis::json::Type::null) return std::string();
  if (found->type() == trellis::json::Type::text) return found->as_text();
  return fail("/properties/" + std::string(name) + ": expected text, found " +
              std::string(trellis::json::name(found->type())));
}

// ".../providers/Microsoft.Web/sites/<app>/functions/<function>"
Result<Function> by_id(std::string_view id, const std::vector<App>& apps) {
  std::string_view rest = id;
  const std::string name(cut_last_segment(rest));
  const bool functions = equals_ignoring_case(cut_last_segment(rest), "functions");
  const std::string_view app = cut_last_segment(rest);
  const bool sites = equals_ignoring_case(cut_last_segment(rest), "sites");
  if (!functions || !sites || !is_name(name)) {
    return fail("/properties/resourceId: expected the id of a function, …/sites/<app>/functions/<function>, found " +
                quote(id));
  }
  const auto found = std::ranges::find_if(apps, [&](const App& one) { return equals_ignoring_case(one.name, app); });
  if (found != apps.end()) return Function{*found, name};
  return fail("/properties/resourceId: the plugin's setting apps has no function app " + quote(app));
}

Result<Function> read_function(const Config& properties, const std::vector<App>& apps, bool allow_http) {
  std::array<std::string, kOwn.size()> texts;
  for (std::size_t i = 0; i < kOwn.size(); ++i) {
    auto text = own_text(properties, kOwn.at(i));
    if (!text) return text.error();
    texts.at(i) = std::move(*text);
  }
  auto& [id, url, name, key] = texts;
  if (id.empty() == url.empty()) {
    return fail("/properties: expected either resourceId, or functionAppUrl with functionName");
  }
  if (!id.empty()) {
    if (name.empty() && key.empty()) return by_id(id, apps);
    return fail("/properties: functionName and systemKey go with functionAppUrl");
  }
  auto app = read_app_url(url, allow_http);
  if (!app) return fail("/properties/functionAppUrl: " + app.error().text);
  if (is_name(name)) return Function{{"", std::move(*app), key}, name};
  return fail("/properties/functionName: expected 1 to 127 letters, digits, '-' and '_', found " + quote(name));
}

std::string endpoint(const Function& function) {
  std::string url = function.app.url + "/runtime/webhooks/EventGrid?functionName=" + function.name;
  if (!function.app.key.empty()) url += "&code=" + trellis::http::percent_encode(function.app.key);
  return url;
}

Result<void> check_type(const Config& block) {
  const auto type = block.find("endpointType");
  if (!type || type->type() == trellis::json::Type::null) return ok();
  const std::string text = type->type() == trellis::json::Type::text ? type->as_text() : std::string();
  if (text == "AzureFunction" || text == "Plugin") return ok();
  return fail("/endpointType: " + std::string(type->json()) + " is not one of \"AzureFunction\", \"Plugin\"");
}

}  // namespace

trellis::Schema app_schema() {
  return trellis::Schema{}
      .text("name", {.help = "The app's name in Azure.", .required = true, .minimum_length = 1, .maximum_length = 60})
      .text("url", {.help = "Where it is. Default: https://<name>.azurewebsites.net.", .maximum_length = 2048})
      .secret("system_key", {.help = "The key eventgrid_extension of the app, sent as code. Default: none is sent."});
}

Result<std::vector<App>> read_apps(const std::vector<Config>& list, bool allow_http) {
  std::vector<App> apps;
  for (const Config& one : list) {
    App app{one.text("name"), one.text("url", ""), one.text("system_key", "")};
    if (!is_name(app.name)) {
      return fail(one.path() + "/name: expected letters, digits, '-' and '_', found " + quote(app.name));
    }
    const std::string usual = "https://" + app.name + ".azurewebsites.net";
    auto url = read_app_url(app.url.empty() ? usual : app.url, allow_http);
    if (!url) return fail(one.path() + (app.url.empty() ? "/name: " : "/url: ") + url.error().text);
    app.url = std::move(*url);
    apps.push_back(std::move(app));
  }
  return apps;
}

Result<std::string> webhook_block(const Config& block, const std::vector<App>& apps, bool allow_http) {
  if (auto right = check_type(block); !right) return right.error();
  const auto properties = block.find("properties");
  if (!properties || properties->type() != trellis::json::Type::object) {
    return fail("the block: \"properties\" is missing, or no object");
  }
  const auto function = read_function(*properties, apps, allow_http);
  if (!function) return function.error();
  std::string out = R"({"properties":{"endpointUrl":)" + quote(endpoint(*function));
  // Whoever has the key of the system is asked for nothing else.
  if (!properties->contains("validation")) out += R"(,"validation":"none")";
  for (const auto& [key, value] : properties->members()) {
    if (key == "endpointUrl") return fail(value.path() + ": functions have functionAppUrl and functionName instead");
    if (std::ranges::find(kOwn, key) != kOwn.end()) continue;
    out += "," + quote(key) + ":" + std::string(value.json());
  }
  out += "}";
  for (const std::string_view added : {"context", "consent"}) {
    if (const auto value = block.find(added)) out += "," + quote(added) + ":" + std::string(value->json());
  }
  return out + "}";
}

}  // namespace functions
