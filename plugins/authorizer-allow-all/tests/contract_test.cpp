// What every authorizer promises.
#include <trellis/testing/contract/authorizer.hpp>

#include "../allow_all.hpp"

namespace {

struct AllowAllSamples : trellis::testing::AuthorizerSamples {
  using Plugin = AllowAll;
  static std::vector<trellis::testing::AccessQuestion> allowed() {
    return {{{.name = ""}, trellis::Action::publish, "a"}, {{.name = "ada"}, trellis::Action::subscribe, "#"}};
  }
};
TRELLIS_CONTRACT_SUITE(Authorizer, AllowAllSamples);

}  // namespace
