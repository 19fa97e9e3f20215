// What every handler promises.
#include <trellis/testing/contract/files.hpp>
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

struct FileSamples : trellis::testing::HandlerSamples {
  using Plugin = files::FileHandler;
  static std::string settings() {
    static trellis::testing::SampleFiles folders("handler-file");
    return R"({"path": ")" + folders.folder() + "\"}";
  }
  static std::vector<std::string> wrong_settings() { return {"{}", R"({"path": "/nowhere/at/all"})"}; }
  static std::vector<std::string> destinations() {
    return {R"({"properties": {"fileName": "orders.jsonl"}})",
            R"({"properties": {"fileName": "a-1_b.jsonl", "directory": "shop"}})"};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {"fileName": "../x"}})", R"({"properties": {"fileName": "x", "directory": "/"}})"};
  }
};
TRELLIS_CONTRACT_SUITE(Handler, FileSamples);

}  // namespace
