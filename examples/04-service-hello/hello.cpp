#include "hello.hpp"

trellis::Result<void> Hello::configure(const trellis::Config& config) {
  greeting_ = config.text("greeting");
  return trellis::ok();
}

trellis::Result<void> Hello::start() {
  greetings_ = host().counter("hello_greetings_total", "Greetings given.");
  return trellis::ok();
}

void Hello::on_request(const trellis::Request& request, trellis::Reply reply) {
  auto& state = request.shard().state<ShardState>();
  if (request.method() != "GET") {
    reply.send({.status = 405, .body = "Only GET.\n", .headers = {{"allow", "GET"}}});
    return;
  }
  if (request.path() == "/count") {
    reply.json("{\"greetings\":" + std::to_string(state.greetings) + "}\n");
    return;
  }
  ++state.greetings;
  greetings_.add(request.shard());
  const std::string name(request.path().substr(1));
  reply.text(greeting_ + ", " + (name.empty() ? "world" : name) + "!\n");
}

TRELLIS_PLUGIN(Hello)
