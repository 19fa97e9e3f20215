// ${env:…} and ${file:…}: filled in, refused, and never shown.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <trellis/schema/secrets.hpp>

#include "support.hpp"

namespace trellis::schema::testing {
namespace {

class SecretsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    sources_.environment = [](std::string_view name) -> std::optional<std::string> {
      if (name == "NAME") return "va\"lue";
      if (name == "SIZE") return "8MiB";
      if (name == "BROKEN") return "\xFF";
      return std::nullopt;
    };
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  // The document {"a": <text>} after substitution.
  Document filled(const std::string& text, Diagnostics& diagnostics) {
    Document document = make_document("{\"a\": \"" + text + "\"}");
    document.set_folder(folder_);
    substitute_secrets(document, sources_, diagnostics);
    return document;
  }
  std::string value(const std::string& text) {
    Diagnostics diagnostics;
    const Document document = filled(text, diagnostics);
    EXPECT_TRUE(diagnostics.ok()) << diagnostics.text();
    return document.root()["a"].asString();
  }
  std::string refusal(const std::string& text) {
    Diagnostics diagnostics;
    const Document document = filled(text, diagnostics);
    EXPECT_EQ(diagnostics.errors(), 1u) << text;
    EXPECT_TRUE(document.is_broken(document.root()["a"]));
    return diagnostics.empty() ? "" : diagnostics[0].message;
  }

  std::filesystem::path folder_;
  SecretSources sources_;
};

TEST_F(SecretsTest, AreFilledInAnywhereInAText) {
  write("key", "from file\n");
  EXPECT_EQ(value("${env:NAME}"), "va\"lue");
  EXPECT_EQ(value("x-${env:NAME}-${file:key}-y"), "x-va\"lue-from file-y");
  EXPECT_EQ(value("${file:" + (folder_ / "key").string() + "}"), "from file");
}

TEST_F(SecretsTest, LeaveOtherTextAlone) {
  EXPECT_EQ(value("a $ b {c} $SYS $share/x"), "a $ b {c} $SYS $share/x");
  EXPECT_EQ(value("$${env:NAME}"), "${env:NAME}");
  EXPECT_EQ(value("$${a}${env:NAME}$${b}"), "${a}va\"lue${b}");
  sources_.leave = {"client."};
  EXPECT_EQ(value("${client.id}/${env:NAME}"), "${client.id}/va\"lue");
}

TEST_F(SecretsTest, AreNotFilledIntoWhatWasFilledIn) {
  write("key", "${env:NAME}");
  EXPECT_EQ(value("${file:key}"), "${env:NAME}");
}

TEST_F(SecretsTest, LoseOneLineEndOfTheirFile) {
  write("unix", "s\n");
  write("windows", "s\r\n");
  write("two", "s\n\n");
  EXPECT_EQ(value("${file:unix}"), "s");
  EXPECT_EQ(value("${file:windows}"), "s");
  EXPECT_EQ(value("${file:two}"), "s\n");
}

TEST_F(SecretsTest, FailClosed) {
  EXPECT_EQ(refusal("${env:ABSENT}"), "the environment variable ABSENT is not set");
  EXPECT_EQ(refusal("${file:absent}"),
            "the secret file " + (folder_ / "absent").string() + " does not exist or its folder may not be entered");
  EXPECT_NE(refusal("${file:.}").find("is not a regular file"), std::string::npos);
  EXPECT_NE(refusal("${env:BROKEN}").find("UTF-8"), std::string::npos);
  EXPECT_NE(refusal("${env:}").find("names no variable"), std::string::npos);
  EXPECT_NE(refusal("${file:}").find("names no file"), std::string::npos);
  EXPECT_NE(refusal("${NAME}").find("unknown reference"), std::string::npos);
  EXPECT_NE(refusal("${vault:x}").find("unknown reference"), std::string::npos);
  EXPECT_NE(refusal("${env:NAME").find("not closed"), std::string::npos);
  write("empty", "\n");
  EXPECT_NE(refusal("${file:empty}").find("is empty"), std::string::npos);
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_NE(refusal("${file:pipe}").find("is not a regular file"), std::string::npos);
}

TEST_F(SecretsTest, HaveALimit) {
  sources_.file_bytes = 10;
  write("fits", "0123456789\n");
  write("long", "0123456789x");
  EXPECT_EQ(value("${file:fits}"), "0123456789");
  EXPECT_NE(refusal("${file:long}").find("is larger than 10 bytes"), std::string::npos);
}

TEST_F(SecretsTest, PointAtTheReferenceAndSuggest) {
  Diagnostics diagnostics;
  filled("user ${NAME}", diagnostics);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].column, 13u);
  EXPECT_EQ(diagnostics[0].suggestion, "\"${env:NAME}\"");
}

TEST_F(SecretsTest, AreConcealedWholeInPartsAndEscaped) {
  Diagnostics diagnostics;
  const Document document = filled("user ${env:NAME}", diagnostics);
  const auto secrets = document.secrets_in(document.root());
  EXPECT_EQ(conceal(R"(cannot read "user va"lue")", secrets), R"(cannot read "***")");
  EXPECT_EQ(conceal(R"(va"lue is no name, nor is "va\"lue")", secrets), R"(*** is no name, nor is "***")");
  EXPECT_EQ(conceal("user value", secrets), "user value");
  EXPECT_TRUE(document.secrets_in(Json::Value("user va\"lue")).empty()) << "this one is not from the file";
}

TEST_F(SecretsTest, AreNeverShownByMessagesOrDumps) {
  write("key", "hunter2");
  Diagnostics diagnostics;
  Document document = filled("${file:key}", diagnostics);
  EXPECT_TRUE(document.is_secret(document.root()["a"]));
  EXPECT_EQ(to_line(document.redact(document.root())), R"({"a":"***"})");
  for (const char* rules : {R"({"type": "integer"})", R"({"enum": ["x", "hunter3"]})", R"({"format": "bytes"})",
                            R"({"format": "duration"})", R"({"format": "address"})",
                            R"({"format": "topic", "pattern": "^x"})", R"({"maxLength": 2})", R"({"const": "y"})"}) {
    const Schema schema = make_schema(std::string(R"({"type": "object", "properties": {"a": )") + rules + "}}");
    Diagnostics found;
    Document fresh = filled("${file:key}", found);
    validate(fresh, schema, found);
    EXPECT_FALSE(found.ok() && std::string(rules).find("topic") == std::string::npos) << rules;
    EXPECT_EQ(found.text().find("hunter2"), std::string::npos) << found.text();
    EXPECT_EQ(to_line(found.json()).find("hunter2"), std::string::npos) << found.text();
  }
}

TEST_F(SecretsTest, MayNotBeWhatIsShownInLogs) {
  write("key", "hunter2");
  const Schema schema = make_schema(R"({"type": "object", "properties": {"a": {"type": "string", "x-shown": true}}})");
  Diagnostics diagnostics;
  Document document = filled("${file:key}", diagnostics);
  validate(document, schema, diagnostics);
  EXPECT_NE(diagnostics.text().find("this is shown in logs and metrics"), std::string::npos) << diagnostics.text();
  Diagnostics none;
  Document plain = filled("plain", none);
  validate(plain, schema, none);
  EXPECT_TRUE(none.ok()) << none.text();
}

TEST_F(SecretsTest, StaySecretThroughValidation) {
  const Schema schema = make_schema(R"({"type": "object", "properties": {"a": {"format": "bytes"}}})");
  Diagnostics diagnostics;
  Document document = filled("${env:SIZE}", diagnostics);
  const Json::Value value = validate(document, schema, diagnostics);
  EXPECT_EQ(value["a"].asInt64(), 8 << 20);
  EXPECT_EQ(to_line(document.redact(value)), R"({"a":"***"})");
}

}  // namespace
}  // namespace trellis::schema::testing
