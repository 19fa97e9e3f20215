#include "target.hpp"

#include <algorithm>
#include <trellis/json.hpp>
#include <utility>

#include "addresses.hpp"
#include "common/checked_block/checked_block.hpp"
#include "common/http/characters.hpp"
#include "handshake.hpp"

namespace hooks {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;

constexpr std::size_t kKilobyte = 1024;

Mode read_mode(const std::string& text) {
  if (text == "batch") return Mode::batch;
  if (text == "binary") return Mode::binary;
  return text == "eventgrid" ? Mode::event_grid : Mode::structured;
}

Validation read_validation(const Config& properties, Mode mode) {
  const std::string text = properties.text("validation", mode == Mode::event_grid ? "eventgrid" : "cloudevents");
  if (text == "none") return Validation::none;
  return text == "eventgrid" ? Validation::event_grid : Validation::cloud_events;
}

// A layer may have a certificate to show, which not everybody is to use who may write a subscription.
Result<void> may_use_layer(const std::string& layer, const Settings& settings) {
  if (layer.empty() || !settings.layers || std::ranges::find(*settings.layers, layer) != settings.layers->end())
    return ok();
  return fail("is none of the plugin's setting layers");
}

Result<void> read_form(const Config& properties, const Settings& settings, Target& target) {
  auto url = read_url(properties.text("endpointUrl"), settings.allow_http);
  if (!url) return fail("/endpointUrl: " + url.error().text);
  target.url = std::move(*url);
  target.layer = properties.text("layer");
  if (auto right = may_use_layer(target.layer, settings); !right) return fail("/layer: " + right.error().text);
  target.mode = read_mode(properties.text("mode"));
  target.validation = read_validation(properties, target.mode);
  target.most_events = static_cast<std::size_t>(properties.integer("maxEventsPerBatch"));
  target.preferred_bytes = static_cast<std::size_t>(properties.integer("preferredBatchSizeInKilobytes")) * kKilobyte;
  if (target.mode == Mode::structured && target.most_events > 1) target.mode = Mode::batch;
  if (target.mode == Mode::binary && target.most_events > 1) {
    return fail("/maxEventsPerBatch: in binary mode a request holds one event");
  }
  return ok();
}

/// What may stand in a URL's path as it is: the tenant comes from somebody who need not be the operator.
bool is_tenant(std::string_view text) {
  return !text.empty() && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return trellis::http::is_alpha(c) || trellis::http::is_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

Result<void> read_application(const Config& properties, const std::string& application, const Settings& settings,
                              Target& target) {
  if (!settings.oauth) {
    return fail("/azureActiveDirectoryApplicationIdOrUri: needs the plugin's setting oauth, which issues the token");
  }
  const OAuth& from = *settings.oauth;
  // It becomes part of a scope, which is a list with blanks between.
  if (std::ranges::any_of(application, [](unsigned char c) { return c <= ' ' || c == 0x7f; })) {
    return fail("/azureActiveDirectoryApplicationIdOrUri: has a blank or a control character");
  }
  const auto listed = [&](std::string_view one) {
    return std::ranges::find(settings.applications, one) != settings.applications.end();
  };
  if (!listed(application) && !listed("*")) {
    return fail(
        "/azureActiveDirectoryApplicationIdOrUri: is none of the plugin's setting applications, for which it "
        "fetches tokens with the broker's own credentials");
  }
  const std::string tenant = properties.text("azureActiveDirectoryTenantId", "");
  if (from.token_url.find("{tenant}") != std::string::npos && !is_tenant(tenant)) {
    return fail("/azureActiveDirectoryTenantId: the plugin's token_url needs it, as letters, digits, '-', '.' and '_'");
  }
  auto url = read_url(common::filled(from.token_url, "{tenant}", tenant), settings.allow_http);
  if (!url) return fail("/azureActiveDirectoryTenantId: " + url.error().text);
  target.token = common::token_request(
      std::move(*url),
      {from.client_id, from.client_secret, common::filled(from.scope, "{application}", application), from.layer});
  return ok();
}

Result<void> read_oauth(const Config& oauth, const Settings& settings, Target& target) {
  auto url = read_url(oauth.text("tokenUrl"), settings.allow_http);
  if (!url) return fail("/oauth/tokenUrl: " + url.error().text);
  if (auto right = may_use_layer(oauth.text("layer"), settings); !right)
    return fail("/oauth/layer: " + right.error().text);
  target.token = common::token_request(
      std::move(*url), {oauth.text("clientId"), oauth.text("clientSecret"), oauth.text("scope"), oauth.text("layer")});
  return ok();
}

Result<void> read_identity(const Config& properties, const Settings& settings, const HeaderRules& rules,
                           Target& target) {
  const std::string bearer = properties.text("bearerToken", "");
  const auto oauth = properties.find("oauth");
  const std::string application = properties.text("azureActiveDirectoryApplicationIdOrUri", "");
  const int ways = (bearer.empty() ? 0 : 1) + (oauth ? 1 : 0) + (application.empty() ? 0 : 1) +
                   (rules.sets("authorization") ? 1 : 0);
  if (ways > 1) {
    return fail(
        ": of bearerToken, oauth, azureActiveDirectoryApplicationIdOrUri and a mapping of Authorization there can be "
        "one");
  }
  if (!is_header_value(bearer)) return fail("/bearerToken: cannot stand in a header");
  if (!bearer.empty()) target.authorization = "Bearer " + bearer;
  if (oauth) {
    if (auto read = read_oauth(*oauth, settings, target); !read) return read;
  }
  if (!application.empty()) {
    if (auto read = read_application(properties, application, settings, target); !read) return read;
  }
  const auto key = properties.find("apiKey");
  if (!key) return ok();
  const std::string header = key->text("header");
  const std::string value = key->text("value");
  if (auto right = check_header_name(header); !right) return fail("/apiKey/header: " + right.error().text);
  if (trellis::http::equals_ignoring_case(header, "authorization") || rules.sets(header)) {
    return fail("/apiKey/header: is Authorization, or has a mapping already");
  }
  if (!is_header_value(value)) return fail("/apiKey/value: cannot stand in a header");
  target.fixed.emplace_back(header, value);
  return ok();
}

Result<void> read_signing(const Config& properties, Target& target) {
  const auto secrets = properties.find("signingSecrets");
  if (!secrets) return ok();
  for (const Config& one : secrets->items()) {
    const std::size_t at = one.path().rfind('/');
    if (auto added = target.signer.add(one.as_text()); !added) {
      return fail("/signingSecrets" + one.path().substr(at) + ": " + added.error().text);
    }
  }
  return ok();
}

Result<void> read_manners(const Config& properties, const Settings& settings, Target& target) {
  const auto timeout = properties.integer("timeout", settings.timeout.count());
  if (timeout > settings.timeout_max.count()) {
    return fail("/timeout: is longer than the plugin's timeout_max, which is " +
                std::to_string(settings.timeout_max.count()) + " ms");
  }
  target.timeout = std::chrono::milliseconds(timeout);
  target.retry_after_max = settings.retry_after_max;
  target.answer_bytes = settings.answer_bytes;
  target.receiver = settings.receiver;
  if (const auto rate = properties.find("requestRate")) {
    target.request_rate = static_cast<std::uint32_t>(rate->as_integer());
  }
  target.request_callback = properties.text("requestCallback", "");
  if (!target.request_callback.empty()) {
    const auto url = read_url(target.request_callback, settings.allow_http);
    if (!url) return fail("/requestCallback: " + url.error().text);
  }
  target.obey_rate = properties.boolean("obeyAllowedRate");
  target.most_per_minute = static_cast<std::uint32_t>(properties.integer("maxRequestsPerMinute"));
  return ok();
}

std::string upper_case(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

Result<void> read_context(const Config& block, const Settings& settings, Target& target) {
  target.origin = settings.origin;
  target.notes = {{"aeg-event-type", "Notification"}, {"webhook-request-origin", settings.origin}};
  const auto context = block.find("context");
  if (!context) return ok();
  const std::string subscription = context->text("subscription", "");
  for (const std::string& name : {context->text("namespace", ""), context->text("topic", ""), subscription}) {
    if (!is_header_value(name)) return fail("/context: has a name with control characters, or blanks around it");
  }
  target.topic = "/namespaces/" + context->text("namespace", "") + "/topics/" + context->text("topic", "");
  target.subscription = target.topic + "/eventSubscriptions/" + subscription;
  target.checked_before = !subscription.empty();
  if (!subscription.empty()) target.notes.emplace_back("aeg-subscription-name", upper_case(subscription));
  return ok();
}

}  // namespace

Result<std::shared_ptr<const Target>> read_target(const Config& block, const Settings& settings, Paces& paces) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  const auto wrong = [&](const trellis::Error& error) {
    return error.text.starts_with("/properties") ? error : fail("/properties" + error.text);
  };
  auto target = std::make_shared<Target>();
  target->id_slot = target->keys.add(cloud_event::Path::parse("id").value(), 0);
  target->source_slot = target->keys.add(cloud_event::Path::parse("source").value(), 0);
  auto rules = read_header_rules(properties.list("deliveryAttributeMappings"), target->keys);
  if (!rules) return wrong(rules.error());
  target->fixed = rules->fixed;
  target->dynamic = rules->dynamic;
  for (const auto read : {&read_form, &read_manners}) {
    if (auto right = read(properties, settings, *target); !right) return wrong(right.error());
  }
  // Each of the two turns lists on. Which of them was set is not seen any more where defaults are filled in.
  const auto size = block.object("properties").find("preferredBatchSizeInKilobytes");
  const bool sized = size && size->type() != trellis::json::Type::null;
  if (sized && target->mode == Mode::structured) target->mode = Mode::batch;
  if (auto right = read_identity(properties, settings, *rules, *target); !right) return wrong(right.error());
  if (auto right = read_signing(properties, *target); !right) return wrong(right.error());
  if (auto right = read_context(*checked, settings, *target); !right) return right.error();
  target->pace = paces.of(target->url.origin() + target->url.target + "\n" + target->subscription);
  remember(checked->text("consent", ""), *target);
  return std::shared_ptr<const Target>(std::move(target));
}

}  // namespace hooks
