#include "target.hpp"

#include <trellis/json.hpp>
#include <utility>

#include "common/azure_storage/xml.hpp"
#include "common/base64/base64.hpp"
#include "common/checked_block/checked_block.hpp"
#include "common/checked_block/destination_block.hpp"

namespace storage_queue {
namespace {

using azure_storage::Account;
using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;
using trellis::Schema;

constexpr std::int64_t kWeek = 604'800;

Schema&& with_place(Schema&& schema) {
  return std::move(schema)
      .text("resourceId", {.help = "The storage account's id in Azure, or its name alone.", .maximum_length = 1024})
      .text("queueName", {.help = "With resourceId: the queue.", .maximum_length = 63})
      .text("queueUrl",
            {.help = "Or the queue's URL, as https://shop.queue.core.windows.net/orders.", .maximum_length = 2048})
      .text("accountName", {.help = "With accountKey: the account. Default: as the URL says.", .maximum_length = 24})
      .secret("accountKey", {.help = "A key of the account, in base64. Default: what the plugin's accounts have."})
      .secret("sasToken", {.help = "Or a shared access signature."})
      .text("layer", {.help = "Instance of the layer that encrypts connections to it, one of the configuration's "
                              "outbound.layers. Default: that of the account, or outbound.tls.",
                      .fallback = ""});
}

Schema properties_schema() {
  return with_place(Schema{})
      .integer(
          "queueMessageTimeToLiveInSeconds",
          {.help = "How long a message is kept. -1: for ever.", .fallback = kWeek, .minimum = -1, .maximum = INT32_MAX})
      .integer("visibilityTimeoutInSeconds",
               {.help = "How long until a message can be received.", .fallback = 0, .minimum = 0, .maximum = kWeek})
      .choice("messageEncoding", {"base64", "text"},
              {.help = "How an event lies in a message: as base64, which Event Grid does, or as it is.",
               .fallback = "base64"})
      .duration("timeout",
                {.help = "How long a request may take. Default: the plugin's.", .minimum = "100ms", .maximum = "10m"});
}

// "https://shop.queue.core.windows.net/orders", or ".../devstoreaccount1/orders" of an emulator.
Result<void> read_url(const std::string& text, Target& target) {
  auto url = azure_storage::read_endpoint(text);
  if (!url) return fail("/queueUrl: " + url.error().text);
  const std::size_t slash = url->target.rfind('/');
  target.queue = url->target.substr(slash == std::string::npos ? 0 : slash + 1);
  if (slash == std::string::npos || !azure_storage::is_resource_name(target.queue)) {
    return fail("/queueUrl: does not end with the name of a queue, 3 to 63 small letters, digits and single '-'");
  }
  url->target.resize(slash);
  const std::size_t dot = url->host.find('.');
  // An emulator has the account in its path.
  target.account.name = url->target.empty() ? url->host.substr(0, dot) : url->target.substr(1);
  target.account.queue = std::move(*url);
  return ok();
}

Result<void> read_own(const Config& properties, const std::string& key, const std::string& sas, Target& target) {
  if (!properties.contains("queueUrl")) return fail(": accountKey and sasToken go with queueUrl");
  target.account.layer = properties.text("layer");
  const std::string name = properties.text("accountName", "");
  if (!name.empty()) target.account.name = name;
  auto named = azure_storage::account_in(target.account.name);
  if (!named) return fail("/accountName: expected the name of the account, which the URL does not tell");
  return azure_storage::take_proof({key, "accountKey", sas, "sasToken"}, target.account);
}

Result<void> read_known(const Config& properties, const Settings& settings, Target& target) {
  const std::string place = properties.contains("queueUrl") ? "/queueUrl" : "/resourceId";
  const Account* const known = azure_storage::find_account(settings.accounts, target.account.name);
  if (known == nullptr) {
    return fail(place + ": the plugin's setting accounts has no storage account " +
                trellis::json::quote(target.account.name) +
                ", and the destination has neither accountKey nor sasToken");
  }
  // The key goes to where the configuration says and nowhere else, whoever makes the subscription.
  const trellis::http::Url asked = target.account.queue;
  target.account = *known;
  const bool same = asked.same_origin(known->queue) && asked.target == known->queue.target;
  if (properties.contains("queueUrl") && !same) {
    return fail("/queueUrl: is not where the plugin's account " + trellis::json::quote(known->name) +
                " has its queues, which is " + known->queue.origin() + known->queue.target);
  }
  if (const std::string layer = properties.text("layer"); !layer.empty()) target.account.layer = layer;
  return ok();
}

Result<void> read_place(const Config& properties, const Settings& settings, Target& target) {
  const bool by_url = properties.contains("queueUrl");
  if (by_url == (properties.contains("resourceId") || properties.contains("queueName"))) {
    return fail(": expected either queueUrl, or resourceId with queueName");
  }
  if (by_url) {
    if (auto read = read_url(properties.text("queueUrl"), target); !read) return read;
  } else {
    auto name = azure_storage::account_in(properties.text("resourceId", ""));
    if (!name) return fail("/resourceId: " + name.error().text);
    target.account.name = std::move(*name);
    target.queue = properties.text("queueName", "");
    if (!azure_storage::is_resource_name(target.queue)) {
      return fail("/queueName: expected 3 to 63 small letters, digits and single '-', found " +
                  trellis::json::quote(target.queue));
    }
  }
  const std::string key = properties.text("accountKey", "");
  const std::string sas = properties.text("sasToken", "");
  return key.empty() && sas.empty() ? read_known(properties, settings, target) : read_own(properties, key, sas, target);
}

}  // namespace

Schema target_schema() {
  return common::destination_schema(
      {"StorageQueue", "Plugin"},
      common::with_batches(properties_schema(),
                           "Most events that are given to the handler at once. Each is a message."),
      {.help = "The queue.", .required = true});
}

std::string Target::text(std::string_view event) const {
  return base64 ? common::to_base64(event) : azure_storage::escape_xml(event);
}

Result<std::shared_ptr<Target>> read_target(const Config& block, const Settings& settings) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  auto target = std::make_shared<Target>();
  if (auto read = read_place(properties, settings, *target); !read) return fail("/properties" + read.error().text);
  const std::int64_t kept = properties.integer("queueMessageTimeToLiveInSeconds");
  if (kept == 0) {
    return fail("/properties/queueMessageTimeToLiveInSeconds: expected -1, for ever, or 1 and more seconds, found 0");
  }
  target->time_to_live = std::to_string(kept);
  const std::int64_t hidden = properties.integer("visibilityTimeoutInSeconds");
  if (hidden > 0) target->visibility = std::to_string(hidden);
  if (kept > 0 && hidden >= kept) {
    return fail("/properties/visibilityTimeoutInSeconds: has to be less than queueMessageTimeToLiveInSeconds");
  }
  target->base64 = properties.text("messageEncoding") == "base64";
  target->timeout = std::chrono::milliseconds(properties.integer("timeout", settings.timeout.count()));
  target->name = "queue " + target->queue + " at " + target->account.queue.origin();
  return target;
}

}  // namespace storage_queue
