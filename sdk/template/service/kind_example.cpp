#include "kind_example.hpp"

trellis::Schema KindExample::schema() {
  return trellis::Schema{}
      .text("greeting", {.help = "What comes before the name.", .fallback = "Hello"})
      .example(R"({"greeting": "Welcome"})");
}

trellis::Result<void> KindExample::configure(const trellis::Config& config) {
  greeting_ = config.text("greeting");
  return trellis::ok();
}

trellis::Result<void> KindExample::start() {
  greetings_ = host().counter("kind_example_greetings_total", "Greetings given.");
  return trellis::ok();
}

// An answer may also come later, from any thread: move the reply away, and send once.
void KindExample::on_request(const trellis::Request& request, trellis::Reply reply) {
  if (request.method() != "GET") {
    reply.send({.status = 405, .body = "Only GET.\n", .headers = {{"allow", "GET"}}});
    return;
  }
  greetings_.add(request.shard());
  const std::string name(request.path().substr(1));
  reply.text(greeting_ + ", " + (name.empty() ? "world" : name) + "!\n");
}

TRELLIS_PLUGIN(KindExample)
