// What every handler promises, where nobody takes connections: events wait, and are settled when their time is up,
// which is real time here.
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

struct PostgresSamples : trellis::testing::HandlerSamples {
  using Plugin = postgres::PostgresHandler;
  static std::string settings() { return R"({"timeout": "100ms"})"; }
  static std::vector<std::string> wrong_settings() { return {R"({"timeout": "soon"})"}; }
  static std::vector<std::string> destinations() { return {of("")}; }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", of(R"(, "columns": [])"), of(R"(, "columns": [{"name": "a", "value": "data.n"}])"),
            of(R"(, "tls": true, "sslmode": "require")")};
  }

 private:
  static std::string of(const std::string& more) {
    return R"({"properties": {"host": "127.0.0.1", "database": "shop", "user": "broker", "table": "events")" + more +
           "}}";
  }
};
TRELLIS_CONTRACT_SUITE(Handler, PostgresSamples);

}  // namespace
