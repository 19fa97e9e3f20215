// One plugin calls a table of another one.
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>
#include <trellis/trellis.hpp>

extern "C" {
struct vendor_thermometer {
  std::uint32_t struct_size;
  double (*degrees)(void* shard);
};
}

namespace trellis {

template <>
inline constexpr std::string_view kTableId<vendor_thermometer> = "com.vendor.thermometer/1";

namespace {

class Thermometer final : public Service {
 public:
  static constexpr PluginInfo kInfo{.id = "service-thermometer", .version = "1.0.0"};
  struct ShardState {
    ShardState(Thermometer&, Shard& shard) : degrees(20.5 + shard.index()) {}
    double degrees;
  };
  void on_request(const Request&, Reply reply) override { reply.text({}, 204); }
  const void* table(std::string_view id) override {
    static constexpr vendor_thermometer kTable{
        sizeof(vendor_thermometer), [](void* shard) { return glue::shard(shard).state<ShardState>().degrees; }};
    return id == kTableId<vendor_thermometer> ? &kTable : Service::table(id);
  }
};

/// Says 200 where it is warm, 503 where nobody knows.
class Heating final : public WithLenders<Service> {
 public:
  static constexpr PluginInfo kInfo{.id = "service-heating", .version = "1.0.0"};
  void lenders_changed() override {
    any_ = borrow<vendor_thermometer>(host());
    named_ = borrow<vendor_thermometer>(host(), "service-thermometer");
    wrong_ = borrow<vendor_thermometer>(host(), "service-heating");
  }
  void on_request(const Request& request, Reply reply) override {
    if (!any_ || !named_ || wrong_ || !any_->same_lender(*named_)) return reply.text({}, 503);
    reply.text({}, (*any_)->degrees(any_->shard(request.shard())) > 21 ? 200 : 404);
  }

 private:
  std::optional<Borrowed<vendor_thermometer>> any_;
  std::optional<Borrowed<vendor_thermometer>> named_;
  std::optional<Borrowed<vendor_thermometer>> wrong_;
};

TEST(Borrow, WhoAsksIsToldWhenALenderComes) {
  testing::TestHost host({.shards = 2});
  auto heating = host.load<Heating>();
  EXPECT_EQ(heating.get("/").status(), 503u);
  host.load<Thermometer>();
  EXPECT_EQ(heating.get("/").status(), 404u);
  EXPECT_EQ(heating.request({.path = "/"}, 1).status(), 200u);
}

}  // namespace
}  // namespace trellis
