// Fixtures for tests of the running broker: one shared broker per program, names of its own for each test.
#pragma once

#include <gtest/gtest.h>

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "support/broker.hpp"
#include "support/raw_client.hpp"

namespace trellis::testing {

/// Client identifiers and topics made by unique() differ between any two tests, so that tests share the broker in any
/// order.
class MqttTest : public ::testing::Test {
 public:
  /// Broker with default options, started by the first test that asks and started anew should it have died.
  static Broker& shared_broker();

 protected:
  MqttTest();
  void TearDown() override;

  /// The broker the helpers below speak to; suites with options of their own override it.
  virtual Broker& broker() { return shared_broker(); }

  /// `name` with something in front that no other test uses; safe as topic level and as client identifier.
  std::string unique(const std::string& name = "") const;

  /// A connection that has sent nothing.
  RawClient open(Version version = Version::v5, RawClient::Where where = RawClient::Where::current());
  /// A connected client; an empty client_id is replaced by a unique one.
  RawClient connected(Version version = Version::v5, Connect connect = {},
                      RawClient::Where where = RawClient::Where::current());
  /// A client subscribed to one filter.
  RawClient subscribed(Version version, const Filter& filter, RawClient::Where where = RawClient::Where::current());

  /// Nothing more from `publisher` is on its way to `subscriber`: a last message of its own overtakes nothing and
  /// arrives next.
  void expect_no_more(RawClient& publisher, RawClient& subscriber,
                      RawClient::Where where = RawClient::Where::current());

  /// Everything `publisher` has on its way to `subscriber`; QoS 1 is acknowledged on arrival.
  std::vector<Packet> drain(RawClient& publisher, RawClient& subscriber,
                            RawClient::Where where = RawClient::Where::current());

  /// CONNECT of a client whose session outlives its connection.
  static Connect keeping(Version version, const std::string& client_id, bool clean = false);

  /// Returns once a second has passed for the broker: it waits for a Will Message with a delay of one second.
  void pass_a_second();

  static std::uint32_t next_number();

 private:
  std::string prefix_;
  Broker* used_ = nullptr;
};

/// For loops over the three qualities of service.
inline constexpr std::uint8_t kEachQos[] = {0, 1, 2};

/// The same test for each version of MQTT.
class VersionedTest : public MqttTest, public ::testing::WithParamInterface<Version> {
 protected:
  static bool v5() { return GetParam() == Version::v5; }
  using MqttTest::subscribed;
  RawClient open(RawClient::Where where = RawClient::Where::current()) { return MqttTest::open(GetParam(), where); }
  // Of another version. A template, so that {…} can only be a Connect.
  template <std::same_as<Version> Other>
  RawClient connected(Other version, const Connect& connect = {},
                      RawClient::Where where = RawClient::Where::current()) {
    return MqttTest::connected(version, connect, where);
  }
  RawClient connected(Connect connect = {}, RawClient::Where where = RawClient::Where::current()) {
    return MqttTest::connected(GetParam(), std::move(connect), where);
  }
  static Connect keeping(const std::string& client_id, bool clean = false) {
    return MqttTest::keeping(GetParam(), client_id, clean);
  }
  RawClient subscribed(const Filter& filter, RawClient::Where where = RawClient::Where::current()) {
    return MqttTest::subscribed(GetParam(), filter, where);
  }
};

std::string version_name(const ::testing::TestParamInfo<Version>& info);

}  // namespace trellis::testing

/// Runs a VersionedTest suite with MQTT 3.1, 3.1.1 and 5, or with the two that are standards.
#define TRELLIS_ALL_VERSIONS(suite)                                                                           \
  INSTANTIATE_TEST_SUITE_P(Mqtt, suite,                                                                       \
                           ::testing::Values(trellis::testing::Version::v31, trellis::testing::Version::v311, \
                                             trellis::testing::Version::v5),                                  \
                           trellis::testing::version_name)
#define TRELLIS_STANDARD_VERSIONS(suite)                                                                      \
  INSTANTIATE_TEST_SUITE_P(Mqtt, suite,                                                                       \
                           ::testing::Values(trellis::testing::Version::v311, trellis::testing::Version::v5), \
                           trellis::testing::version_name)
