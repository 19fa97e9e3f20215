// The command line: which verb is meant, what it gets, what is printed where that makes no sense.
#include <gmock/gmock.h>

#include <trellis/console/verbs.hpp>

#include "printed.hpp"

namespace trellis::console {
namespace {

namespace po = boost::program_options;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// A verb that answers its code and takes any words.
Verb answers(const std::string& name, int code) {
  return make_verb(name, "answer " + std::to_string(code), [code](const Words&, bool) { return code; });
}

int run_fruits(const Words& words, int* loaded = nullptr) {
  const auto own = [] { return std::vector{answers("eat", 10), answers("plum tree", 11)}; };
  const auto costly = [loaded] {
    if (loaded != nullptr) ++*loaded;
    return std::vector{answers("peel", 12)};
  };
  return run_program("fruits", "Fruits, to try out.", {own, costly}, words);
}

TEST(Program, RunsTheVerbTheWordsBeginWith) {
  EXPECT_EQ(run_fruits({"eat", "peel"}), 10);
  EXPECT_EQ(run_fruits({"plum", "tree", "old"}), 11);
  EXPECT_EQ(run_fruits({"peel"}), 12);
}

TEST(Program, MakesNoMoreVerbsThanItTakesToFindOne) {
  int loaded = 0;
  run_fruits({"plum", "tree"}, &loaded);
  EXPECT_EQ(loaded, 0);
  run_fruits({"peel"}, &loaded);
  EXPECT_EQ(loaded, 1);
}

TEST(Program, OverviewHasTheVerbsOfAllLists) {
  for (const char* word : {"--help", "-h", "help"}) {
    const Printed printed;
    EXPECT_EQ(run_fruits({word}), kDone);
    EXPECT_THAT(printed.out.str(), StartsWith("Fruits, to try out.\n\nUsage: fruits VERB [options]\n\nVerbs:\n"));
    EXPECT_THAT(printed.out.str(), HasSubstr("\n  plum tree      answer 11\n  peel           answer 12\n\n"));
  }
  const Printed printed;
  EXPECT_EQ(run_fruits({}), kWrongUsage);
  EXPECT_EQ(printed.out.str(), "");
  EXPECT_THAT(printed.err.str(), StartsWith("Fruits"));
}

TEST(Program, UnknownVerbIsRefusedWithTheOneProbablyMeant) {
  const Printed printed;
  EXPECT_EQ(run_fruits({"pele"}), kWrongUsage);
  EXPECT_EQ(printed.err.str(), "fruits: there is no verb \"pele\"; did you mean \"peel\"?\nfruits --help lists them\n");
}

// The verb "pick": takes fruits and a basket, keeps what it was given.
struct Pick {
  Verb verb() {
    Options options;
    options.add_options()("fruit", po::value<Words>()->multitoken(), "what to pick")(
        "basket", po::value<std::string>()->value_name("NAME"), "where to");
    return make_verb("pick", "pick fruits", add_output(options), "fruit", [this](const Values& values) {
      if (values.count("fruit") == 0) throw WrongUsage("name a fruit");
      fruits = values["fruit"].as<Words>();
      json = wants_json(values);
      return static_cast<int>(kDone);
    });
  }
  int run(const Words& words) { return verb().run("fruits pick", words); }

  Words fruits;
  bool json = false;
};

TEST(ParsedVerb, WordsWithoutADashGoToThePositionalOption) {
  Pick pick;
  EXPECT_EQ(pick.run({"plum", "--basket", "blue", "pear", "-o", "json", "fig"}), kDone);
  EXPECT_THAT(pick.fruits, ElementsAre("plum", "pear", "fig"));
  EXPECT_TRUE(pick.json);
}

TEST(ParsedVerb, PositionalOptionOfOneValueTakesOneWord) {
  Options options;
  options.add_options()("fruit", po::value<std::string>(), "what to eat");
  const Verb eat = make_verb("eat", "eat a fruit", options, "fruit", [](const Values&) { return 0; });
  EXPECT_EQ(eat.run("eat", {"plum"}), kDone);
  const Printed printed;
  EXPECT_EQ(eat.run("eat", {"plum", "pear"}), kWrongUsage);
  EXPECT_EQ(eat.run("eat", {"--help"}), kDone);
  EXPECT_THAT(printed.out.str(), StartsWith("eat a fruit\n\nUsage: eat [options] [fruit]\n\nOptions:\n"));
}

TEST(ParsedVerb, ManualIsPrintedInsteadOfRunning) {
  Pick pick;
  const Printed printed;
  EXPECT_EQ(pick.run({"plum", "--help"}), kDone);
  EXPECT_THAT(pick.fruits, IsEmpty());
  EXPECT_THAT(printed.out.str(), StartsWith("pick fruits\n\nUsage: fruits pick [options] [fruit]...\n\nOptions:\n"));
  EXPECT_THAT(printed.out.str(), HasSubstr("-o [ --output ] FORMAT text, for people, or json, for machines\n"));
}

TEST(ParsedVerb, WrongUsageIsTheParsersOrTheVerbsToSay) {
  Pick pick;
  const Printed printed;
  EXPECT_EQ(pick.run({"--frobnicate"}), kWrongUsage);
  EXPECT_EQ(pick.run({}), kWrongUsage);
  EXPECT_EQ(printed.err.str(),
            "fruits pick: unrecognised option '--frobnicate'\nfruits pick --help lists the options\n"
            "fruits pick: name a fruit\nfruits pick --help lists the options\n");
}

TEST(ParsedVerb, OutputFormatThatIsNoneIsRefusedEvenForTheManual) {
  Pick pick;
  const Printed printed;
  EXPECT_EQ(pick.run({"--help", "-o", "jsn"}), kWrongUsage);
  EXPECT_EQ(printed.out.str(), "");
  EXPECT_THAT(printed.err.str(), StartsWith("fruits pick: there is no output format \"jsn\", expected \"text\" or "
                                            "\"json\"; did you mean \"json\"?\n"));
}

// The verb "peel", which parses its words itself; keeps what it was given.
struct Peel {
  int run(const Words& words) {
    const Verb verb = make_verb("peel", "peel a fruit", [this](const Words& others, bool as_json) {
      given = others;
      json = as_json;
      return 7;
    });
    return verb.run("fruits peel", words);
  }

  Words given;
  bool json = false;
};

TEST(UnparsedVerb, OutputIsTakenOutHoweverItIsSpelled) {
  for (const Words& words : {Words{"-o", "json"}, {"-ojson"}, {"--output", "json"}, {"--output=json"}}) {
    Peel peel;
    Words around = {"plum"};
    around.insert(around.end(), words.begin(), words.end());
    around.emplace_back("--thin");
    EXPECT_EQ(peel.run(around), 7);
    EXPECT_THAT(peel.given, ElementsAre("plum", "--thin"));
    EXPECT_TRUE(peel.json);
  }
}

TEST(UnparsedVerb, GetsEveryOtherWordAsItWasTyped) {
  Peel peel;
  EXPECT_EQ(peel.run({"--help", "--out=x", "-xy", "--", "-", "-o", "text", ""}), 7);
  EXPECT_THAT(peel.given, ElementsAre("--help", "--out=x", "-xy", "--", "-", ""));
  EXPECT_FALSE(peel.json);
}

TEST(UnparsedVerb, IsNotRunWithAFormatThatIsNone) {
  Peel peel;
  const Printed printed;
  EXPECT_EQ(peel.run({"plum", "-oyaml"}), kWrongUsage);
  EXPECT_EQ(peel.run({"plum", "-o"}), kWrongUsage);
  EXPECT_THAT(peel.given, IsEmpty());
  EXPECT_EQ(printed.err.str(),
            "fruits peel: there is no output format \"yaml\", expected \"text\" or \"json\"\n"
            "fruits peel --help lists the options\n"
            "fruits peel: -o needs a value, \"text\" or \"json\"\nfruits peel --help lists the options\n");
}

}  // namespace
}  // namespace trellis::console
