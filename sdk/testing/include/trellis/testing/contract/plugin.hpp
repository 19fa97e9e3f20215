// What every plugin's tests begin with: that it lives and ends as the contract says. The headers beside this one have
// the suite of each kind, and with it this one:
//
//   #include <trellis/testing/contract/authenticator.hpp>
//
//   struct Boilers : trellis::testing::AuthenticatorSamples {
//     using Plugin = BoilerAuthenticator;
//     static std::vector<trellis::testing::Client> allowed() { return {{.username = "boiler", .password = "1"}}; }
//     static std::vector<trellis::testing::Client> denied() { return {{.username = "boiler", .password = "2"}}; }
//   };
//   TRELLIS_CONTRACT_SUITE(Authenticator, Boilers);
//
// These headers need GoogleTest, which trellis::testing does not bring.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <trellis/testing/normalise.hpp>
#include <trellis/testing/test_host.hpp>
#include <trellis/view.hpp>
#include <vector>

namespace trellis::testing {

/// What a suite has to be told about a plugin, beside its class, `Plugin`. Each kind has samples of its own on top.
struct PluginSamples {
  /// Settings that it starts with. Called for each instance: they may name a new folder every time.
  static std::string settings() { return "{}"; }
  /// Settings that it refuses.
  static std::vector<std::string> wrong_settings() { return {}; }
  /// What the namespace says to it, where it has a schema for that.
  static std::string block() { return "{}"; }
  /// Around the plugin, before it is there: what a broker knows by its configuration.
  static void surround(TestHost& /*host*/) {}
  /// Once it is loaded: resources, answers of others.
  static void prepare(TestHost& /*host*/) {}
  /// The oldest of host.dials(), for a plugin that asks others: nobody is there, unless this plays the one who is.
  static void dialled(TestHost& host) { host.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there"); }
};

namespace contract {

template <class Samples>
const trellis_plugin& entry_of() {
  static const trellis_plugin entry = glue::entry<typename Samples::Plugin>();
  return entry;
}

/// A host whose namespace is as the samples say, on pages that close after each call.
template <class Samples>
class Surroundings {
 public:
  explicit Surroundings(std::uint32_t shards = 2, bool eager = false)
      : host({.shards = shards, .eager = eager, .guarded = true}) {
    Samples::surround(host);
    const auto schema = text(entry_of<Samples>().descriptor->namespace_schema);
    if (schema.empty()) return;
    const auto block = normalise(schema, Samples::block());
    EXPECT_TRUE(block.has_value()) << Samples::block();
    if (block) host.name_space("default", *block);
  }

  TestHost host;
};

/// A plugin in such a host, with as many shards as a broker has.
template <class Samples>
class Running : public Surroundings<Samples> {
 public:
  using Surroundings<Samples>::host;

  explicit Running(std::uint32_t shards = 2, bool eager = false)
      : Surroundings<Samples>(shards, eager), instance(host.load(entry_of<Samples>(), Samples::settings())) {
    Samples::prepare(host);
    host.turn();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  /// Ends it, and looks at what it left.
  ~Running() {
    instance.drain(std::chrono::milliseconds(10));
    host.turn();
    instance.destroy();
    EXPECT_EQ(host.take_violations(), std::vector<std::string>());
    EXPECT_EQ(host.left_behind(), std::vector<std::string>());
    EXPECT_EQ(host.wrong_answers(), 0U) << "a token was answered twice, or never was given out";
  }

  /// Waits for the plugin's threads, and for those whom it dials. False when the time was up.
  bool wait(const std::function<bool()>& done, std::chrono::milliseconds real_time = std::chrono::seconds(5)) {
    return host.wait(
        [&] {
          while (!done() && !host.dials().empty()) Samples::dialled(host);
          return done();
        },
        real_time);
  }

  Instance& instance;
};

template <class Samples>
class PluginContract : public ::testing::Test {
 protected:
  /// The steps of a life: c configure, s start, a start without shards, d drain, S stop.
  static void live(const std::string& steps) {
    Surroundings<Samples> around;
    TestHost& host = around.host;
    Instance instance(host.world(), entry_of<Samples>());
    ASSERT_TRUE(instance.create().has_value());
    for (const char step : steps) {
      Result<void> done = ok();
      if (step == 'c') done = instance.configure(Samples::settings());
      if (step == 's') done = instance.start();
      if (step == 'a') done = instance.start_alone();
      ASSERT_TRUE(done.has_value()) << done.error().text;
      if (step == 'd') instance.drain(std::chrono::milliseconds(0));
      if (step == 'S') instance.stop();
    }
    instance.destroy();
    EXPECT_EQ(host.left_behind(), std::vector<std::string>());
  }
};

TYPED_TEST_SUITE_P(PluginContract);

TYPED_TEST_P(PluginContract, HasASchemaThatItsSettingsKeepTo) {
  const auto schema = text(entry_of<TypeParam>().descriptor->config_schema);
  EXPECT_TRUE(check_schema(schema).has_value());
  EXPECT_TRUE(normalise(schema, TypeParam::settings()).has_value()) << TypeParam::settings();
}

TYPED_TEST_P(PluginContract, EndsInEveryState) {
  for (const char* steps : {"", "S", "c", "cS", "ca", "cs", "csS", "csd", "csdSS"}) {
    SCOPED_TRACE(steps);
    this->live(steps);
  }
}

TYPED_TEST_P(PluginContract, RefusesWrongSettingsAndSaysWhyEachTime) {
  for (const std::string& settings : TypeParam::wrong_settings()) {
    Surroundings<TypeParam> around(1);
    const std::string refusal = around.host.refusal(entry_of<TypeParam>(), settings);
    EXPECT_NE(refusal, "") << "takes " << settings;
    EXPECT_EQ(around.host.refusal(entry_of<TypeParam>(), settings), refusal);
  }
}

TYPED_TEST_P(PluginContract, GoesOnWhenAnotherInstanceEnds) {
  Surroundings<TypeParam> around;
  TestHost& host = around.host;
  Instance& first = host.load(entry_of<TypeParam>(), TypeParam::settings());
  Instance& second = host.load(entry_of<TypeParam>(), TypeParam::settings());
  first.drain(std::chrono::milliseconds(0));
  first.destroy();
  host.advance(std::chrono::milliseconds(100));
  EXPECT_EQ(second.state(), State::running);
}

TYPED_TEST_P(PluginContract, RunsIdleForAMinute) {
  Running<TypeParam> plugin;
  plugin.host.advance(std::chrono::minutes(1));
}

REGISTER_TYPED_TEST_SUITE_P(PluginContract, HasASchemaThatItsSettingsKeepTo, EndsInEveryState,
                            RefusesWrongSettingsAndSaysWhyEachTime, GoesOnWhenAnotherInstanceEnds, RunsIdleForAMinute);

}  // namespace contract
}  // namespace trellis::testing

/// The whole suite of a kind for one plugin. kind: Authenticator, Authorizer, Predicate, Stage, Handler, Service,
/// Layer, Protocol, Store; samples: a struct as described above. Once for each struct, in any namespace.
#define TRELLIS_CONTRACT_SUITE(kind, samples)                                              \
  using namespace ::trellis::testing::contract; /* NOLINT(google-build-using-namespace) */ \
  INSTANTIATE_TYPED_TEST_SUITE_P(samples, PluginContract, samples);                        \
  INSTANTIATE_TYPED_TEST_SUITE_P(samples, kind##Contract, samples)
