#include "settings.hpp"

#include <utility>

namespace storage_queue {

using trellis::Schema;

Schema schema() {
  return Schema{}
      .list("accounts", azure_storage::account_schema(),
            {.help = "Storage accounts of destinations that have no key of their own.",
             .maximum_items = 1000,
             .fallback = "[]"})
      .duration("timeout", {.help = "How long a request may take: the connection and the answer.",
                            .fallback = "30s",
                            .minimum = "100ms",
                            .maximum = "10m"})
      .integer("connections", {.help = "Most connections of one shard to one account. Each carries one request at a "
                                       "time; the others wait.",
                               .fallback = 16,
                               .minimum = 1,
                               .maximum = 1000})
      .boolean("http2", {.help = "Whether accounts of https:// that pick HTTP/2 are spoken to in it; HTTP/1.1 else.",
                         .fallback = true})
      .integer("waiting", {.help = "Most events of a shard that are under way, or wait for a connection; what comes "
                                   "then is tried again later.",
                           .fallback = 10'000,
                           .minimum = 1,
                           .maximum = 1'000'000})
      .bytes("waiting_bytes", {.help = "The same in bytes; one event may always go.",
                               .fallback = "64MiB",
                               .minimum = "1MiB",
                               .maximum = "16GiB"})
      .example(R"({"accounts": [{"name": "shop", "key": "${file:shop.key}"}]})")
      .example(R"({"accounts": [{"name": "devstoreaccount1", "key": "${env:AZURITE_KEY}",)"
               R"( "queue_endpoint": "http://127.0.0.1:10001/devstoreaccount1"}]})");
}

trellis::Result<Settings> read_settings(const trellis::Config& config) {
  Settings settings;
  auto accounts = azure_storage::read_accounts(config.list("accounts"));
  if (!accounts) return accounts.error();
  settings.accounts = std::move(*accounts);
  settings.timeout = config.milliseconds("timeout");
  settings.connections = static_cast<std::size_t>(config.integer("connections"));
  settings.http2 = config.boolean("http2");
  settings.waiting = static_cast<std::size_t>(config.integer("waiting"));
  settings.waiting_bytes = static_cast<std::size_t>(config.integer("waiting_bytes"));
  return settings;
}

}  // namespace storage_queue
