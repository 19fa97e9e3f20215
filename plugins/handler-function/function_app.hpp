// Function apps, and the webhook that each function of one has.
#pragma once

#include <string>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <vector>

namespace functions {

/// One of the plugin's settings.
struct App {
  std::string name;
  std::string url;
  std::string key;  // of the system; empty: it wants none
};

trellis::Schema app_schema();
/// A sentence behind the path of what is wrong. allow_http: as handler-webhook has it.
trellis::Result<std::vector<App>> read_apps(const std::vector<trellis::Config>& list, bool allow_http);

/// The block of handler-webhook that does what a function's block asks for; what is not of functions is passed on as it
/// is. It holds keys.
trellis::Result<std::string> webhook_block(const trellis::Config& block, const std::vector<App>& apps, bool allow_http);

}  // namespace functions
