// Text in, text out: every file in tests/golden/config is a configuration, a line of dashes, and what is said about it.
//
// A first line `// no schema` only parses the input; all others are checked against samples/broker.schema.json.
// TRELLIS_UPDATE_GOLDEN=1 writes what is said into the files, for reading in the diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <trellis/schema/json_text.hpp>
#include <vector>

#include "support.hpp"

namespace trellis::schema::testing {
namespace {

constexpr std::string_view kSeparator = "----\n";

std::vector<std::string> golden_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder())) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

SecretSources golden_environment() {
  SecretSources sources;
  sources.environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "BIND_PASSWORD") return "from the environment";
    if (name == "QUEUE") return "64";
    return std::nullopt;
  };
  return sources;
}

std::string answer(const std::string& input) {
  if (input.starts_with("// no schema")) {
    Diagnostics diagnostics;
    const auto document = Document::parse(input, "t.json", diagnostics);
    diagnostics.sort();
    return diagnostics.empty() && document ? to_pretty(document->root()) : diagnostics.text();
  }
  const Schema schema = make_schema(read_file(golden_folder() + "/samples/broker.schema.json"));
  const Checked checked = check(input, schema, golden_environment());
  return checked.diagnostics.ok() ? checked.diagnostics.text() + to_pretty(checked.value) : checked.diagnostics.text();
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, SaysWhatTheFileExpects) {
  const std::string path = golden_folder() + "/" + GetParam();
  const std::string content = read_file(path);
  const std::size_t separator = content.find("\n" + std::string(kSeparator));
  ASSERT_NE(separator, std::string::npos) << "no line of four dashes in " << path;
  const std::string input = content.substr(0, separator + 1);
  const std::string expected = content.substr(separator + 1 + kSeparator.size());
  const std::string actual = answer(input);
  if (std::getenv("TRELLIS_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << input << kSeparator << actual;
    return;
  }
  EXPECT_EQ(actual, expected);
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, ::testing::ValuesIn(golden_files()), [](const auto& file) {
  std::string name = file.param.substr(0, file.param.find('.'));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace trellis::schema::testing
