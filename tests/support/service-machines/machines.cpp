// A service for tests of resources: declares three types, shows what there is, and changes what a request says.
#include <memory>
#include <mutex>
#include <string>
#include <trellis/resources.hpp>
#include <trellis/service.hpp>

namespace {

/// GET / shows all machines, GET /heard what it was told of, PUT /<name> puts one, DELETE /<name> removes it.
class MachineService final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-machines",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Knows machines, their tools, and halls. For tests.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_SERVICE, TRELLIS_HOST_RESOURCES}};

  static trellis::Schema schema() {
    return trellis::Schema{}.text("note", {.help = "Another one is another instance.", .fallback = ""});
  }

  trellis::Result<void> configure(const trellis::Config&) override {
    const auto halls = declare_resources(*this, {.name = "halls", .schema = trellis::Schema{}.json()});
    if (!halls) return halls;
    const auto tools = declare_resources(*this, {.name = "tools",
                                                 .schema = trellis::Schema{}.integer("size").json(),
                                                 .shortest_name = 3,
                                                 .longest_name = 50,
                                                 .parent = "machines"});
    if (!tools) return tools;
    return declare_resources(*this, {.name = "machines",
                                     .schema = trellis::Schema{}
                                                   .text("hall", {.help = "Where it stands.", .fallback = "yard"})
                                                   .integer("power", {.help = "In kW.", .fallback = 1})
                                                   .json(),
                                     .references = {{"hall", "halls", {"yard"}}}});
  }
  trellis::Result<void> start() override {
    hear("start");
    trellis::for_each_resource(host(), "default", "machines",
                               [this](const trellis::Resource& one) { hear(std::string(one.name())); });
    return trellis::ok();
  }
  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override {
    if (change.after->type() == "machines" && change.after->properties().integer("power") > 9000)
      return trellis::fail("/power: that is too much");
    return trellis::ok();
  }
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override {
    for (const auto& one : changes)
      hear((!one.before ? "+" : (!one.after ? "-" : "~")) + std::string(one.either().name()));
  }

  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    const std::string_view name = request.path().substr(1);
    if (request.method() != "GET") return change(request, name, std::move(reply));
    if (name == "heard") {
      const std::lock_guard lock(mutex_);
      return reply.text(heard_);
    }
    std::string all;
    trellis::for_each_resource(host(), "default", "machines", [&](const trellis::Resource& one) {
      all += std::string(one.name()) + std::string(one.json()) + (one.from_files() ? "*\n" : "\n");
    });
    reply.text(all);
  }

 private:
  void hear(const std::string& what) {
    const std::lock_guard lock(mutex_);
    heard_ += what + ' ';
  }
  void change(const trellis::Request& request, std::string_view name, trellis::Reply reply) {
    trellis_resource_operation operation{};
    operation.struct_size = sizeof operation;
    operation.kind = request.method() == "PUT" ? TRELLIS_RESOURCE_PUT : TRELLIS_RESOURCE_REMOVE;
    operation.name_space = trellis::view("default");
    operation.type = trellis::view("machines");
    operation.name = trellis::view(name);
    operation.properties = trellis::view(request.body());
    operation.expected = -1;
    host().table<trellis_host_resources>()->apply(
        host().handle(), request.shard().handle(), &operation, 1, false, new trellis::Reply(std::move(reply)),
        [](void* user, const trellis_resource_result* results, std::uint32_t) {
          const std::unique_ptr<trellis::Reply> later(static_cast<trellis::Reply*>(user));
          later->text(std::to_string(results->outcome) + ' ' + std::string(trellis::text(results->message)));
        });
  }

  std::mutex mutex_;
  std::string heard_;  // guarded by mutex_
};

}  // namespace

TRELLIS_PLUGIN(MachineService);
