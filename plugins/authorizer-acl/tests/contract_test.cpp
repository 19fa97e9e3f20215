// What every authorizer promises.
#include <trellis/testing/contract/authorizer.hpp>
#include <trellis/testing/contract/files.hpp>

#include "acl.hpp"

namespace {

using trellis::Action;
using trellis::testing::AccessQuestion;

struct AclSamples : trellis::testing::AuthorizerSamples {
  using Plugin = acl::AclAuthorizer;
  static std::string settings() {
    return R"({"file": ")" +
           files().put("acl", "topic read public\nuser ada\ntopic a/+\ntopic deny a/secret\npattern own/%c/%u\n") +
           "\"}";
  }
  static std::vector<std::string> wrong_settings() {
    return {"{}", R"({"file": "/no/such/file"})", R"({"file": ")" + files().put("broken", "usr ada\n") + "\"}"};
  }
  static std::vector<AccessQuestion> allowed() {
    return {{{.name = "ada"}, Action::publish, "a/b"},
            {{.name = "ada"}, Action::subscribe, "a/#"},
            {{.name = "ada", .client_id = "c1"}, Action::publish, "own/c1/ada"},
            {{.name = ""}, Action::receive, "public"}};
  }
  static std::vector<AccessQuestion> denied() {
    return {{{.name = "ada"}, Action::receive, "a/secret"},
            {{.name = "eve"}, Action::publish, "a/b"},
            {{.name = "ada", .client_id = "c2"}, Action::publish, "own/c1/ada"}};
  }

 private:
  static const trellis::testing::SampleFiles& files() {
    static const trellis::testing::SampleFiles kFiles("authorizer-acl");
    return kFiles;
  }
};
TRELLIS_CONTRACT_SUITE(Authorizer, AclSamples);

}  // namespace
