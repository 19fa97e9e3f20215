#include "token.hpp"

namespace {

/// Takes as long for a nearly right token as for a wrong one.
bool same(std::string_view shown, std::string_view expected) noexcept {
  unsigned difference = shown.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned char>(shown[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

}  // namespace

trellis::Schema Token::schema() {
  return trellis::Schema{}
      .list("clients",
            trellis::Schema{}
                .text("name", {.help = "The user name.", .required = true, .minimum_length = 1})
                .secret("token", {.help = "What the password must be.", .required = true}),
            {.help = "Who may connect.", .fallback = "[]"})
      .duration("penalty",
                {.help = "How long the answer to a wrong token is held back.", .fallback = "1s", .maximum = "9s"})
      .example(R"({"clients": [{"name": "boiler", "token": "${env:BOILER_TOKEN}"}]})");
}

trellis::Result<void> Token::configure(const trellis::Config& config) {
  for (const trellis::Config& client : config.list("clients")) {
    const std::string name = client.text("name");
    if (!tokens_.emplace(name, client.text("token")).second) {
      return trellis::fail(client.path() + "/name: \"" + name + "\" is there twice");
    }
  }
  penalty_ = config.milliseconds("penalty");
  return trellis::ok();
}

void Token::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  if (!request.has_password()) return reply.defer();  // not for us
  const auto known = tokens_.find(request.username);
  // Unknown names take the same way, so that they cannot be told from wrong tokens.
  const std::string_view expected = known == tokens_.end() ? std::string_view() : std::string_view(known->second);
  if (same(request.password, expected) && !expected.empty()) return reply.allow({.name = request.username});

  auto& waiting = request.shard.state<ShardState>().waiting;
  const trellis_token question = reply.token();
  auto timer = request.shard.after(penalty_, [&waiting, question] {
    auto found = waiting.extract(question);
    found.mapped().reply.bad_credentials("wrong token");
  });
  // Should the client leave meanwhile, this answer comes too late, which is counted and harmless.
  waiting.emplace(question, Waiting{std::move(reply), std::move(timer)});
}

TRELLIS_PLUGIN(Token)
