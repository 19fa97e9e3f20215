// The requests of one shard: events on their way to endpoints, and what comes back.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trellis/handler.hpp>
#include <unordered_map>
#include <vector>

#include "common/consent/consent_link.hpp"
#include "common/http/client.hpp"
#include "composer.hpp"
#include "target.hpp"
#include "verdict.hpp"

namespace hooks {

class WebhookHandler;

/// Everything happens on the shard. Settling may lead back in here: whatever is settled was taken out before.
class Sender : public std::enable_shared_from_this<Sender> {
 public:
  Sender(WebhookHandler& owner, const trellis::Shard& shard);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// In one request where the target takes lists, in several where it does not, or where bounds or headers ask for it.
  void deliver(std::shared_ptr<const Target> target, const trellis::DeliveryBatch& batch);
  void check(std::shared_ptr<const Target> target, trellis::Settlement consent);
  /// A token came, or will not come.
  void token_settled(const std::string& key, bool there);

 private:
  using Milliseconds = std::chrono::milliseconds;

  struct Call {
    std::shared_ptr<const Target> target;
    std::vector<trellis::Settlement> settlements;  // one for each event
    std::string id = {};                           // of its event, or made of those of all of them
    std::uint32_t attempts = 0;
    bool listed = false;
    bool event = false;
    bool asks = false;  // it carries no events, but the question whether they are wanted
    trellis::http::ClientRequest request = {};
    trellis::http::ClientHeaders of_event = {};
    std::string data_version = {};
    Milliseconds begun{0};
    std::uint64_t number = 0;  // of the HTTP client; 0: it waits for its turn, or a token
    bool waits_for_token = false;
    std::string token = {};  // one that was fetched
    trellis::Timer turn = {};
    std::optional<common::ConsentLink> link = {};  // of one that asks
  };

  /// An endpoint that answered without a yes or no.
  struct Awaiting {
    std::shared_ptr<const Target> target;
    trellis::Settlement consent;
    common::ConsentLink link;
    trellis::Timer over;
  };

  // sender.cpp: there
  static bool takes(const Call& call, const Piece& piece, std::size_t size);
  Call begin(const std::shared_ptr<const Target>& target, Piece& piece, std::string_view body) const;
  static void add(Call& call, const trellis::Delivery& delivery, const std::string& id, std::string_view body);
  void start(Call call);
  void start(std::uint64_t id, Call call);
  void proceed(std::uint64_t id, Call& call);
  void send(std::uint64_t id, Call& call, std::string_view authorization);
  void add_headers(Call& call, std::string_view authorization) const;
  bool sign(Call& call) const;
  void fetch(const Target& target);

  // sender_answers.cpp: and back
  void on_token(const std::string& key, trellis::http::ClientResult result);
  void on_answer(std::uint64_t id, trellis::http::ClientResult result);
  common::Verdict judge_answer(const Call& call, trellis::http::ClientResult& result);
  void finish(std::uint64_t id, const common::Verdict& verdict);
  void settle(std::vector<trellis::Settlement> settlements, bool asks, const common::Verdict& verdict);

  // sender_consent.cpp: endpoints are asked
  std::optional<common::ConsentLink> link_for(const Target& target, std::uint64_t id);
  std::vector<Awaiting> take_closed();
  void wait_for_consent(std::uint64_t id, Call call, common::Verdict verdict);
  std::uint32_t granted(std::uint64_t id, const common::ConsentGrant& grant);
  void settle_awaited(std::uint64_t id, const common::Verdict& verdict);

  WebhookHandler& owner_;
  const trellis::Shard& shard_;
  trellis::http::Client client_;
  Composer composer_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Call> calls_;
  std::unordered_map<std::uint64_t, Awaiting> awaiting_;
};

}  // namespace hooks
