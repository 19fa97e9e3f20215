#include "script_file.hpp"

#include <unistd.h>

#include <random>

#include "cases.hpp"
#include "watched_file/watched_file.hpp"

namespace lua {
namespace {

trellis::Result<void> pass_cases(const LoadOptions& options, const Source& source) {
  const std::string path = cases_path(options.path);
  if (!options.cases || ::access(path.c_str(), F_OK) != 0) return trellis::ok();
  std::string text;
  std::string error;
  common::FileStamp stamp;
  if (!common::read_whole_file(path, text, stamp, error)) return trellis::fail(error);
  const auto results = run_cases(source, text, options.limits);
  if (!results) return trellis::fail(path + ": " + results.error().text);
  for (const CaseResult& result : *results) {
    if (!result.difference.empty())
      return trellis::fail(path + ": case \"" + result.name + "\" fails: " + result.difference);
  }
  return trellis::ok();
}

}  // namespace

std::string script_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

trellis::Result<std::shared_ptr<const LoadedScript>> load_script(const LoadOptions& options, std::string_view text) {
  const Source source{script_name(options.path), std::string(text)};
  auto loaded = std::make_shared<LoadedScript>();
  std::random_device random;
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    auto runner = Runner::load(source, options.limits, loaded->services, static_cast<lua_Integer>(random()));
    if (!runner) return runner.error();
    if (auto good = options.check(**runner); !good) return trellis::fail(source.name + ": " + good.error().text);
    loaded->runners.push_back(std::move(runner).value());
  }
  if (auto passed = pass_cases(options, source); !passed) return passed.error();
  return std::shared_ptr<const LoadedScript>(std::move(loaded));
}

}  // namespace lua
