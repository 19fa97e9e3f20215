#include "function_handler.hpp"

#include <utility>

namespace functions {

trellis::Schema FunctionHandler::schema() {
  return hooks::schema()
      .list("apps", app_schema(),
            {.help = "Function apps of destinations that name a function by its resourceId.",
             .maximum_items = 1000,
             .fallback = "[]"})
      .example(R"({"apps": [{"name": "shop", "system_key": "${file:shop.key}"}]})");
}

trellis::Result<void> FunctionHandler::configure(const trellis::Config& config) {
  if (auto read = WebhookHandler::configure(config); !read) return read;
  auto apps = read_apps(config.list("apps"), settings().allow_http);
  if (!apps) return apps.error();
  apps_ = std::move(*apps);
  return trellis::ok();
}

trellis::Result<std::unique_ptr<trellis::Destination>> FunctionHandler::open(const trellis::Config& destination) {
  const auto block = webhook_block(destination, apps_, settings().allow_http);
  if (!block) return block.error();
  const auto read = trellis::Config::parse(*block);
  if (!read) return read.error();
  return WebhookHandler::open(*read);
}

}  // namespace functions
