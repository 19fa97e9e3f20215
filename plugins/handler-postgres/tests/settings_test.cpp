// Blocks that cannot work are refused with a sentence.
#include <fstream>
#include <iterator>
#include <map>

#include "fixture.hpp"

namespace postgres {
namespace {

using namespace postgres::testing;

TEST(PostgresSettings, BlocksThatCannotWorkAreRefused) {
  TestHost host;
  const auto plugin = host.load<PostgresHandler>();
  EXPECT_EQ(plugin.refusal(block()), "");
  EXPECT_EQ(plugin.refusal(R"({"properties": {"host": "127.0.0.1", "database": "d", "user": "u"}})"),
            R"(/properties: "table" is missing)");
  EXPECT_EQ(plugin.refusal(block(R"(, "columns": [])")), "/properties/columns: has 0 items, expected at least 1");
  EXPECT_EQ(
      plugin.refusal(block(R"(, "columns": [{"name": "a", "value": "data.n"}])")),
      R"(/properties/columns/0/value: found "data.n", expected the name of an attribute, $event, $data or $bytes)");
  EXPECT_EQ(plugin.refusal(block(R"(, "columns": [{"name": "a", "value": "id"}, {"name": "a", "value": "type"}])")),
            "/properties/columns/1/name: is there twice");
  EXPECT_EQ(plugin.refusal(block(R"(, "tls": true, "sslmode": "require")")),
            R"(/properties/sslmode: found "require", expected verify-ca or verify-full, for tls is true)");
  EXPECT_EQ(plugin.refusal(block(R"(, "layer": "mutual")")),
            "/properties/layer: is not for this handler; root_certificates, certificate and key of the plugin are");
}

TEST(PostgresSettings, AServerElsewhereHasToProveWhoItIs) {
  TestHost host;
  const auto plugin = host.load<PostgresHandler>();
  const auto elsewhere = [&](const std::string& more) {
    return plugin.refusal(R"({"properties": {"host": "db.example.org", "database": "d", "user": "u", "table": "t")" +
                          more + "}}");
  };
  EXPECT_THAT(elsewhere(""), HasSubstr("/properties/tls: found false, expected true"));
  EXPECT_THAT(elsewhere(R"(, "sslmode": "require")"), HasSubstr("/properties/tls: found false, expected true"));
  EXPECT_EQ(elsewhere(R"(, "sslmode": "verify-full")"), "");
  EXPECT_EQ(elsewhere(R"(, "tls": true)"), "");
}

TEST(PostgresSettings, TheSystemAsksASilentServer) {
  const auto settings = trellis::Config::parse(R"({"root_certificates": "", "timeout": 12000, "connect_timeout": 1000,
      "backoff_max": 1000, "keep_alive": 20000, "waiting": 1, "waiting_bytes": 65536, "allow_clear_text": false})");
  const auto target = read_target(trellis::Config::parse(block()).value(), read_settings(settings.value())).value();
  std::map<std::string, std::string> options;
  for (const auto& [name, value] : connection_options(*target, "127.0.0.1")) options.emplace(name, value);
  EXPECT_EQ(options["hostaddr"], "127.0.0.1");
  EXPECT_EQ(options["keepalives_idle"], "20");
  EXPECT_EQ(options["keepalives_interval"], "4");
  EXPECT_EQ(options["keepalives_count"], "3");
  EXPECT_THAT(plugin_schema().json(), Not(HasSubstr("in_flight"))) << "a transaction has as many rows as batchRows";
}

TEST(PostgresManual, NamesEveryProperty) {
  std::ifstream file(POSTGRES_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string schema_text = target_schema().json();
  const auto schema = trellis::json::parse(schema_text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_GT(properties->keys.size(), 10u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace postgres
