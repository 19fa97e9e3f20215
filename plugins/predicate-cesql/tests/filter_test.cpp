// Filters: the dialects of the CloudEvents Subscriptions API, alone and in each other, and what is refused.
#include <gtest/gtest.h>

#include <string>
#include <trellis/testing/test_host.hpp>

#include "predicate.hpp"

namespace cesql::testing {
namespace {

using trellis::testing::Sample;

class Filters : public ::testing::Test {
 protected:
  bool passes(const std::string& filter) {
    return plugin_.compile(filter).matches(
        Sample{.topic = "t",
               .user_properties = {
                   {"specversion", "1.0"}, {"id", "7"}, {"source", "/ovens/3"}, {"type", "org.example.baked"}}});
  }
  std::string refusal(const std::string& filter) { return plugin_.refusal(filter); }

  trellis::testing::TestHost host_;
  trellis::testing::PredicateDriver plugin_ = host_.load<CesqlPredicate>();
};

TEST_F(Filters, CompareTextsAsTheyAre) {
  EXPECT_TRUE(passes(R"({"exact": {"type": "org.example.baked"}})"));
  EXPECT_FALSE(passes(R"({"exact": {"type": "org.example.Baked"}})"));
  EXPECT_FALSE(passes(R"({"exact": {"type": "org.example"}})"));
  EXPECT_TRUE(passes(R"({"prefix": {"type": "org."}})"));
  EXPECT_FALSE(passes(R"({"prefix": {"type": "ORG."}})"));
  EXPECT_TRUE(passes(R"({"suffix": {"type": ".baked"}})"));
  EXPECT_FALSE(passes(R"({"suffix": {"type": ".raw"}})"));
}

TEST_F(Filters, HoldWhereAllAttributesDo) {
  EXPECT_TRUE(passes(R"({"exact": {"type": "org.example.baked", "id": "7"}})"));
  EXPECT_FALSE(passes(R"({"exact": {"type": "org.example.baked", "id": "8"}})"));
  EXPECT_FALSE(passes(R"({"exact": {"subject": "x"}})"));
  EXPECT_TRUE(passes(R"({"not": {"exact": {"subject": "x"}}})"));
}

TEST_F(Filters, MayContainOthers) {
  EXPECT_TRUE(passes(R"({"all": [{"prefix": {"source": "/ovens"}}, {"sql": "id = 7"}]})"));
  EXPECT_FALSE(passes(R"({"all": [{"prefix": {"source": "/ovens"}}, {"sql": "id = 8"}]})"));
  EXPECT_TRUE(passes(R"({"any": [{"exact": {"id": "8"}}, {"exact": {"id": "7"}}]})"));
  EXPECT_FALSE(passes(R"({"any": [{"exact": {"id": "8"}}]})"));
  EXPECT_FALSE(passes(R"({"not": {"sql": "id = 7"}})"));
  EXPECT_TRUE(passes(R"({"not": {"sql": "subject = 'x'"}})")) << "a filter with an error does not match, so this does";
}

TEST_F(Filters, AreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal("{}"), R"(expected one member, like {"sql": "type = 'order'"}, found 0)");
  EXPECT_EQ(refusal(R"({"sql": "TRUE", "any": []})"),
            R"(expected one member, like {"sql": "type = 'order'"}, found 2)");
  EXPECT_EQ(refusal(R"({"cel": "x"})"), R"(/cel: expected "sql", "exact", "prefix", "suffix", "all", "any" or "not")");
  EXPECT_EQ(refusal(R"({"sql": "(id = 'a'"})"), R"x(/sql: expected ")" at column 10, found the end)x");
  EXPECT_EQ(refusal(R"({"sql": 5})"), "/sql: expected text, found a whole number");
  EXPECT_EQ(refusal(R"({"sql": "1 + 2"})"), "/sql: the expression gives Integer, a filter has to give Boolean");
  EXPECT_EQ(refusal(R"x({"sql": "UPPER(id)"})x"), "/sql: the expression gives String, a filter has to give Boolean");
  EXPECT_EQ(refusal(R"({"all": [{"sql": "TRUE"}, {"not": {"sql": "="}}]})"),
            R"(/all/1/not/sql: expected an operand at column 1, found "="; equality is a single =)");
  EXPECT_EQ(refusal(R"({"any": []})"), "/any: expected at least one filter");
  EXPECT_EQ(refusal(R"({"exact": {}})"), "/exact: expected at least one attribute");
  EXPECT_EQ(refusal(R"({"exact": {"type": ""}})"), "/exact/type: expected a text that is not empty");
  EXPECT_EQ(refusal(R"({"exact": {"Type": "x"}})"),
            "/exact/Type: the name of an attribute has lower-case letters and digits only");
  EXPECT_EQ(refusal(R"({"prefix": {"data": "x"}})"),
            "/prefix/data: data is no attribute, and these filters see nothing else");
}

TEST_F(Filters, AreBoundedInDepthAndNumber) {
  std::string deep = R"({"sql": "TRUE"})";
  for (int i = 0; i < 16; ++i) deep = R"({"not": )" + deep + "}";
  EXPECT_EQ(refusal(deep), "");
  EXPECT_TRUE(passes(deep));
  EXPECT_NE(refusal(R"({"not": )" + deep + "}").find("more than 16 filters inside of each other"), std::string::npos);
  std::string many;
  for (int i = 0; i < 255; ++i) many += std::string(i > 0 ? "," : "") + R"({"sql": "TRUE"})";
  EXPECT_EQ(refusal(R"({"all": [)" + many + "]}"), "");
  EXPECT_EQ(refusal(R"({"all": [)" + many + R"(,{"sql": "TRUE"}]})"), "/all/255: more than 256 filters in one");
}

}  // namespace
}  // namespace cesql::testing
