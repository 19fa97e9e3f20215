// trellis-bench: runs one scenario against a broker that is already there.
#include <json/writer.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <exception>
#include <iostream>

#include "scenarios.hpp"

namespace {

enum ExitCode { kFine = 0, kFaults = 1, kUsage = 2, kCouldNotRun = 3 };

void print(const trellis::bench::Options& options, const std::vector<trellis::bench::Result>& results) {
  if (!options.json) {
    for (const auto& result : results) print_text(std::cout, result);
    return;
  }
  Json::Value value(Json::arrayValue);
  for (const auto& result : results) value.append(to_json(result));
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "  ";
  writer["precision"] = 6;
  std::cout << Json::writeString(writer, options.smoke ? value : value[0]) << '\n';
}

// A thousand waiting receivers or fifteen thousand clients need as many descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace trellis::bench;
  std::optional<Options> options;
  try {
    options = parse_options(argc, argv);
    if (!options) return kFine;
  } catch (const std::exception& error) {
    std::cerr << "trellis-bench: " << error.what() << '\n';
    return kUsage;
  }
  raise_descriptor_limit();
  // The default slack would add 50 µs to every scheduled send.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  try {
    std::vector<Result> results;
    if (options->smoke) {
      results = run_smoke(*options);
    } else {
      results.push_back(run_scenario(*options));
    }
    print(*options, results);
    const bool passed = std::all_of(results.begin(), results.end(), [](const Result& r) { return r.passed; });
    return passed ? kFine : kFaults;
  } catch (const std::exception& error) {
    std::cerr << "trellis-bench: " << error.what() << '\n';
    return kCouldNotRun;
  }
}
