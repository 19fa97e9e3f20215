#include "access.hpp"

#include <trellis/abi/dial.h>

#include <chrono>
#include <utility>

#include "access_keys.hpp"
#include "common/access/types.hpp"

namespace events_service {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::Result;
using trellis::Schema;

constexpr std::array<std::string_view, 5> kShown = {"nothing", "key", "sas", "bearer", "unknown"};

/// Whoever guesses keys does not fill the log.
constexpr std::chrono::milliseconds kBetweenWarnings{10'000};

/// A name as requests bring it: without scheme, port and path.
bool is_host(std::string_view text) {
  if (text.starts_with('[')) return text.find(']') == text.size() - 1;
  return !text.empty() && text.find_first_of("/:?# ") == std::string_view::npos;
}

}  // namespace

Schema Access::schema() {
  return Schema{}
      .boolean("anonymous", {.help = "Everybody may do everything, and no credential is looked at. For trials on a "
                                     "machine of one's own.",
                             .fallback = false})
      .texts("hosts", {.help = "The host names that SAS tokens may be for. Default: the name that the client asked.",
                       .unique = true,
                       .fallback = "[]"})
      .object("bearer", BearerRules::schema(),
              {.help = "The issuer of tokens for Authorization: Bearer. Without it nobody comes in that way."});
}

Result<std::unique_ptr<Access>> Access::make(const Config& settings, const trellis::Host& host) {
  std::unique_ptr<Access> made(new Access(host));
  made->anonymous_ = settings.boolean("anonymous");
  made->hosts_ = settings.texts("hosts");
  for (std::size_t i = 0; i < made->hosts_.size(); ++i) {
    if (is_host(made->hosts_[i])) continue;
    return fail(settings.path() + "/hosts/" + std::to_string(i) + ": found " + trellis::json::quote(made->hosts_[i]) +
                ", expected a host name without scheme, port and path");
  }
  const auto block = settings.find("bearer");
  if (!block) return made;
  auto rules = BearerRules::read(*block);
  if (!rules) return rules.error();
  if (host.table<trellis_host_dial>() == nullptr) {
    return fail(block->path() + ": this broker makes no connections, so that keys of issuers cannot be fetched");
  }
  made->bearer_ = std::move(*rules);
  return made;
}

std::vector<trellis::ResourceTypeRules> Access::resource_types() { return {access_keys(), rights::namespaces()}; }

Result<void> Access::check_resource(const trellis::ResourceChange& change) {
  if (change.after && change.after->type() == kAccessKeys) return check_access_key(*change.after);
  return rights::check(change);
}

void Access::start() {
  for (std::size_t i = 0; i < kShown.size(); ++i) {
    const auto counter = [&](std::string_view outcome) {
      return host_.counter("trellis_events_credentials_total",
                           "Requests of the event API, by the credential they show.",
                           "shown=\"" + std::string(kShown[i]) + "\",outcome=\"" + std::string(outcome) + "\"");
    };
    judged_[i] = {counter("allowed"), counter("refused")};
  }
  ring_.load(host_);
  if (bearer_) {
    issuers_ = std::make_shared<jwks::Issuers>(host_, bearer_->keys(),
                                               jwks::Metrics::declare(host_, "authenticator=\"events\""));
    issuer_ = issuers_->get(bearer_->source());
  }
  if (anonymous_) {
    host_.log(trellis::Level::warn, "everybody may publish and receive events: access.anonymous is true");
  }
}

void Access::resources_changed(const std::vector<trellis::ResourceChange>& changes) { ring_.update(host_, changes); }

void Access::warn(const trellis::Request& request, std::string_view name_space, std::string_view why) {
  const std::int64_t now = request.shard().now().count();
  std::int64_t quiet_until = quiet_until_ms_.load(std::memory_order_relaxed);
  if (now < quiet_until || !quiet_until_ms_.compare_exchange_strong(quiet_until, now + kBetweenWarnings.count()))
    return;
  host_.log(trellis::Level::warn, "a request of the event API is refused for the credential it shows",
            {{"peer", request.peer()}, {"namespace", name_space}, {"why", why}});
}

std::string_view Access::expected(const NamespaceKeys& space) const noexcept {
  static constexpr std::string_view kBearer = "Authorization: Bearer <token>";
  static constexpr std::string_view kLocal =
      "Authorization: SharedAccessKey <key>, or Authorization: SharedAccessSignature <token>";
  static constexpr std::string_view kBoth =
      "Authorization: SharedAccessKey <key>, Authorization: SharedAccessSignature <token>, or Authorization: Bearer "
      "<token>";
  if (!space.local || !space.keys) return kBearer;
  return bearer_ ? kBoth : kLocal;
}

}  // namespace events_service
