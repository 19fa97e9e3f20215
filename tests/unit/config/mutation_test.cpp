// Five hundred damaged configurations: none crashes, the right line and key are named.
#include <gtest/gtest.h>

#include <cstdlib>

#include "mutate.hpp"
#include "support.hpp"

namespace trellis::schema::testing {
namespace {

constexpr unsigned kMutationsPerSample = 500;

// The same mutations every time; TRELLIS_MUTATION_SEED tries others.
unsigned seed() {
  const char* text = std::getenv("TRELLIS_MUTATION_SEED");
  return text == nullptr ? 2024 : static_cast<unsigned>(std::atoi(text));
}

class Mutations : public ::testing::TestWithParam<const char*> {};

TEST_P(Mutations, AreReportedOnTheRightLineWithTheRightKey) {
  const Schema schema = make_schema(read_file(golden_folder() + "/samples/broker.schema.json"));
  const std::string text = read_file(golden_folder() + "/samples/" + GetParam());
  ASSERT_TRUE(check(text, schema).diagnostics.empty()) << check(text, schema).diagnostics.text();

  const Tally tally = try_mutations(text, rules_of(schema), kMutationsPerSample, seed(),
                                    [&](const std::string& damaged) { return check(damaged, schema).diagnostics; });

  EXPECT_EQ(tally.tried, kMutationsPerSample);
  EXPECT_EQ(tally.silent, 0u) << tally.misses;
  EXPECT_GE(tally.line_share(), 0.99) << tally.misses;
  EXPECT_GE(tally.key_share(), 0.95) << tally.misses;
  EXPECT_GT(tally.key_typos, kMutationsPerSample / 10);
  EXPECT_GT(tally.reported, kMutationsPerSample / 2);
  RecordProperty("line_share", std::to_string(tally.line_share()));
  RecordProperty("key_share", std::to_string(tally.key_share()));
}

INSTANTIATE_TEST_SUITE_P(Samples, Mutations, ::testing::Values("quickstart.json", "site.json", "hub.json"),
                         [](const auto& sample) {
                           const std::string name = sample.param;
                           return name.substr(0, name.find('.'));
                         });

TEST(Secrets, NeverAppearInWhatIsSaidAboutDamagedFiles) {
  const Schema schema = make_schema(read_file(golden_folder() + "/samples/broker.schema.json"));
  for (const auto& [file, secret] : {std::pair{"site.json", "battery"}, std::pair{"hub.json", "b1nd-w0rd"}}) {
    const std::string text = read_file(golden_folder() + "/samples/" + file);
    Mutator mutator(text, rules_of(schema), seed());
    for (unsigned i = 0; i < kMutationsPerSample; ++i) {
      const Mutation mutation = mutator.next();
      const std::string said = check(mutation.text, schema).diagnostics.text();
      EXPECT_EQ(said.find(secret), std::string::npos) << mutation.kind << "\n" << said;
    }
  }
}

}  // namespace
}  // namespace trellis::schema::testing
