// The destination of a subscription that is pushed: it is opened, and asked whether it wants events.
#include <algorithm>
#include <array>
#include <utility>

#include "kept_answer.hpp"
#include "push_worker.hpp"

namespace events_service {
namespace {

constexpr std::uint64_t kConsentMs = 60'000;
constexpr std::array<std::chrono::seconds, 3> kAskAgain{std::chrono::seconds(10), std::chrono::seconds(60),
                                                        std::chrono::seconds(300)};
constexpr std::size_t kMostNote = 1024;

// Of the destination as it is asked: another one of any of its properties is another destination.
std::string stands_for(const PushSettings& settings, const PushWorker::Names& names) {
  return KeptAnswer::fingerprint(settings.handler,
                                 settings.destination(names.name_space, names.topic, names.subscription));
}

}  // namespace

void PushWorker::open() {
  put_back();
  destination_ = nullptr;
  failures_ = 0;
  paused_until_ms_ = 0;
  held_until_ms_ = 0;
  probing_ = false;
  consent_ = Consent::unknown;
  show({});
  unconsented_.clear();
  asked_ = 0;
  ask_again_.cancel();
  const auto handler = context_.handlers.find(settings_.handler);
  if (!handler) {
    if (!context_.handlers.known()) return;
    show(ConsentStates::kRefused);
    return log(trellis::Level::error, "events wait: their handler does not run", "no such plugin");
  }
  const auto kept = KeptAnswer::read(source_.consent());
  const bool of_this = kept && kept->of == stands_for(settings_, names_);
  note_ = of_this ? kept->note : std::string();
  asked_until_unix_ms_ = of_this ? kept->until_unix_ms : 0;
  if (const std::int64_t left = asked_until_unix_ms_ - context_.shard.wall().count(); left > 0) {
    paused_until_ms_ = now_ms() + std::min(left, std::int64_t{std::chrono::milliseconds(kLongestWait).count()});
    go_on_later();
  }
  auto opened = OpenedDestination::open(
      *handler, settings_.destination(names_.name_space, names_.topic, names_.subscription, note_));
  if (!opened) {
    show(ConsentStates::kRefused);
    return log(trellis::Level::error, "events wait: their handler refuses the destination", opened.error().text);
  }
  destination_ = std::move(opened).value();
  ask();
}

// Nothing is sent to who has not said that he wants it.
void PushWorker::ask() {
  const Handler& handler = destination_->handler();
  void* const state = handler.shard(context_.shard);
  if (state == nullptr) return ask_again(kAskAgain[0]);
  if (handler->check == nullptr) {
    consent_ = Consent::given;
    return;
  }
  consent_ = Consent::asked;
  const auto told = [](void* user, std::uint64_t question, const trellis_delivery_result* result) {
    static_cast<PushWorker*>(user)->answered(question, *result);
  };
  const trellis_token token = context_.table->expect(context_.shard.handle(), kConsentMs, told, this, ++question_);
  asking_ = true;
  handler->check(state, destination_->get(), token);
  asking_ = false;
}

void PushWorker::answered(std::uint64_t question, const trellis_delivery_result& result) {
  const bool awaited = consent_ == Consent::awaited;
  if ((consent_ != Consent::asked && !awaited) || question != question_) return;  // of another destination
  if (result.outcome == TRELLIS_DELIVERED) return consented(trellis::text(result.reason));
  const bool in_vain = awaited && result.outcome == TRELLIS_DELIVERY_RETRY;  // nobody came; who is asked again may yet
  show(in_vain || result.outcome == TRELLIS_DELIVERY_AWAITED ? ConsentStates::kByHand : ConsentStates::kRefused);
  const bool said = awaited && unconsented_ == trellis::text(result.reason);
  unconsented_ = trellis::text(result.reason);
  if (!said) log(trellis::Level::warn, "events wait: the destination does not consent to get them", unconsented_);
  if (result.outcome == TRELLIS_DELIVERY_AWAITED) {
    consent_ = Consent::awaited;
    return;
  }
  consent_ = Consent::unknown;
  context_.metrics.checks_failed.add(context_.shard);
  const auto wait = kAskAgain[std::min<std::size_t>(asked_++, kAskAgain.size() - 1)];
  ask_again(std::max<std::chrono::milliseconds>(wait, std::chrono::milliseconds(result.retry_ms)));
}

// note: what the handler remembers it by; empty: the destination is asked whenever it is opened.
void PushWorker::consented(std::string_view note) {
  consent_ = Consent::given;
  if (asked_ > 0 || by_hand())
    log(trellis::Level::info, "the destination consents now",
        by_hand() ? "somebody did so for it" : "it was asked again");
  asked_ = 0;
  show({});
  unconsented_.clear();
  note_ = note.size() <= kMostNote ? note : std::string_view();
  keep();
  if (!asking_) pump();
}

// What the destination said, for as long as it is this one.
void PushWorker::keep() {
  const bool nothing = note_.empty() && asked_until_unix_ms_ <= context_.shard.wall().count();
  const std::string kept =
      nothing ? std::string() : KeptAnswer{stands_for(settings_, names_), note_, asked_until_unix_ms_}.write();
  if (kept != source_.consent()) source_.keep_consent(kept);
}

void PushWorker::show(std::string_view state) {
  if (std::exchange(shown_, state) != state)
    context_.consent_states->set(names_.name_space, names_.topic + '/' + names_.subscription, state);
}

void PushWorker::ask_again(std::chrono::milliseconds wait) {
  ask_again_ = context_.shard.after(std::min<std::chrono::milliseconds>(wait, kLongestWait), [this] {
    if (destination_ != nullptr) ask();
    pump();
  });
}

void PushWorker::follow(const PushSettings& settings) {
  const PushSettings before = std::exchange(settings_, settings);
  if (before == settings_) return;
  if (before.handler != settings_.handler || before.endpoint_type != settings_.endpoint_type ||
      before.properties != settings_.properties) {
    open();
  }
  if (settings_.paused) put_back();
  if (before.order_by != settings_.order_by) order_anew();
  pump();
}

void PushWorker::lenders_changed() {
  const auto now = context_.handlers.find(settings_.handler);
  if (destination_ != nullptr && now && destination_->handler().same_lender(*now)) return;
  open();
  pump();
}

}  // namespace events_service
