#include "handler.hpp"

#include <openssl/rand.h>

#include <utility>

#include "event_text.hpp"

namespace hooks {
namespace {

class Endpoint final : public trellis::Destination {
 public:
  explicit Endpoint(std::shared_ptr<const Target> target) : target_(std::move(target)) {}
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  ~Endpoint() override { target_->closed = true; }

  void deliver(trellis::DeliveryBatch batch) override { sender(batch.shard()).deliver(target_, batch); }
  void check(const trellis::Shard& shard, trellis::Settlement consent) override {
    sender(shard).check(target_, std::move(consent));
  }

 private:
  static Sender& sender(const trellis::Shard& shard) { return *shard.state<WebhookHandler::ShardState>().sender; }

  // What is under way keeps it as well: it may be released meanwhile.
  const std::shared_ptr<const Target> target_;
};

}  // namespace

WebhookHandler::ShardState::ShardState(WebhookHandler& owner, const trellis::Shard& shard)
    : sender(std::make_shared<Sender>(owner, shard)) {
  const std::lock_guard lock(owner.mutex_);
  if (owner.shards_.size() <= shard.index()) owner.shards_.resize(shard.index() + 1);
  owner.shards_[shard.index()] = sender;
}

trellis::Result<void> WebhookHandler::configure(const trellis::Config& config) {
  auto settings = read_settings(config);
  if (!settings) return settings.error();
  settings_ = std::move(*settings);
  settings_.receiver = receiver_;
  return trellis::ok();
}

trellis::Result<void> WebhookHandler::start() {
  metrics_ = Metrics::declare(host());
  secret_.resize(32);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(secret_.data()), static_cast<int>(secret_.size())) != 1) {
    return trellis::fail("OpenSSL has no random numbers");
  }
  return trellis::ok();
}

void WebhookHandler::lenders_changed() {
  auto found = trellis::borrow<common::ConsentDesk>(host());
  const std::lock_guard lock(mutex_);
  desk_ = std::move(found);
}

std::optional<common::ConsentLink::Desk> WebhookHandler::desk() const {
  const std::lock_guard lock(mutex_);
  return desk_;
}

trellis::Result<std::unique_ptr<trellis::Destination>> WebhookHandler::open(const trellis::Config& destination) {
  auto target = read_target(destination, settings_, paces_);
  if (!target) return target.error();
  return std::make_unique<Endpoint>(std::move(*target));
}

std::string WebhookHandler::validation_code(const Target& target) const {
  return stable_uuid({secret_, target.url.origin(), target.url.target, target.subscription});
}

void WebhookHandler::tell_token_settled(const std::string& key, bool there) {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    host().post(i, [sender = shards_[i], key, there] {
      if (const auto alive = sender.lock()) alive->token_settled(key, there);
    });
  }
}

}  // namespace hooks
