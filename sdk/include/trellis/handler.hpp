// Handlers: they deliver messages to a destination outside the broker.
#pragma once

#include <trellis/abi/handler.h>

#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <string_view>
#include <trellis/message.hpp>
#include <trellis/plugin.hpp>
#include <utility>

namespace trellis {

/// Why something was not delivered.
enum class Cause : std::uint32_t {
  none = TRELLIS_CAUSE_NONE,
  busy = TRELLIS_CAUSE_BUSY,
  timed_out = TRELLIS_CAUSE_TIMED_OUT,
  socket = TRELLIS_CAUSE_SOCKET,
  resolution = TRELLIS_CAUSE_RESOLUTION,
  not_found = TRELLIS_CAUSE_NOT_FOUND,
  disabled = TRELLIS_CAUSE_DISABLED,
  full = TRELLIS_CAUSE_FULL,
  unauthorized = TRELLIS_CAUSE_UNAUTHORIZED,
  forbidden = TRELLIS_CAUSE_FORBIDDEN,
  bad_request = TRELLIS_CAUSE_BAD_REQUEST,
  too_large = TRELLIS_CAUSE_TOO_LARGE,
  canceled = TRELLIS_CAUSE_CANCELED,
  aborted = TRELLIS_CAUSE_ABORTED,
  other = TRELLIS_CAUSE_OTHER,
  throttled = TRELLIS_CAUSE_THROTTLED,
};

/// What went wrong with a delivery.
struct DeliveryFault {
  std::string_view reason;  ///< a sentence for the log and the dead letter, without secrets
  Cause cause = Cause::none;
  std::uint32_t code = 0;  ///< the peer's own, such as an HTTP status
};

/// Tells how one delivery went, exactly once. Move-only; let go unsettled it is tried again.
class Settlement {
 public:
  Settlement(const Host& host, const trellis_host_handler* table, trellis_token token) noexcept
      : host_(host.handle()), table_(table), token_(token) {}
  Settlement(Settlement&& other) noexcept
      : host_(other.host_), table_(other.table_), token_(std::exchange(other.token_, 0)) {}
  Settlement& operator=(Settlement&& other) noexcept {
    if (this != &other) {
      let_go();
      host_ = other.host_;
      table_ = other.table_;
      token_ = std::exchange(other.token_, 0);
    }
    return *this;
  }
  ~Settlement() { let_go(); }

  void delivered() noexcept { settle(TRELLIS_DELIVERED, {}, {}); }
  /// Of a check: the destination consents. note: at most 1024 bytes, not empty; comes back as the text `consent` of the
  /// block when the same block is opened again, also after a restart, so that the destination need not be asked.
  void consented(std::string_view note) noexcept { settle(TRELLIS_DELIVERED, {.reason = note}, {}); }
  /// Of a check: the destination was asked, and somebody may consent for it within that time. It is to be settled
  /// again.
  void awaited(const DeliveryFault& fault, std::chrono::milliseconds time) noexcept {
    tell(token_, TRELLIS_DELIVERY_AWAITED, fault, time);
  }
  /// Again, not before that time is over.
  void retry(const DeliveryFault& fault, std::chrono::milliseconds after = {}) noexcept {
    settle(TRELLIS_DELIVERY_RETRY, fault, after);
  }
  void retry(std::string_view reason, std::chrono::milliseconds after = {}) noexcept {
    retry(DeliveryFault{.reason = reason}, after);
  }
  /// Not attempted: nothing was sent, and the endpoint is not to blame. It does not count as an attempt, and no other
  /// event comes for this destination before that time is over.
  void later(const DeliveryFault& fault, std::chrono::milliseconds after) noexcept {
    settle(TRELLIS_DELIVERY_LATER, fault, after);
  }
  void later(std::string_view reason, std::chrono::milliseconds after) noexcept {
    later(DeliveryFault{.reason = reason}, after);
  }
  /// Never: dead-letter or drop.
  void refused(const DeliveryFault& fault) noexcept { settle(TRELLIS_DELIVERY_REFUSED, fault, {}); }
  void refused(std::string_view reason) noexcept { refused(DeliveryFault{.reason = reason}); }
  bool settled() const noexcept { return token_ == 0; }

 private:
  void let_go() noexcept {
    if (!settled()) retry("the handler let the delivery go unsettled");
  }
  void settle(std::uint32_t outcome, const DeliveryFault& fault, std::chrono::milliseconds after) noexcept {
    tell(std::exchange(token_, 0), outcome, fault, after);
  }
  void tell(trellis_token token, std::uint32_t outcome, const DeliveryFault& fault,
            std::chrono::milliseconds after) const noexcept {
    if (token == 0 || table_ == nullptr) return;
    const trellis_delivery_result result{
        sizeof(trellis_delivery_result),         outcome,    static_cast<std::uint64_t>(after.count()),
        static_cast<std::uint32_t>(fault.cause), fault.code, view(fault.reason)};
    table_->settle(host_, token, &result);
  }

  trellis_host* host_;
  const trellis_host_handler* table_;
  trellis_token token_;
};

/// A delivery kept to be settled after deliver() returned, from any thread.
class KeptDelivery : public Settlement {
 public:
  KeptDelivery(Settlement settlement, MessageRef message) noexcept
      : Settlement(std::move(settlement)), message_(std::move(message)) {}
  Message message() const noexcept { return *message_; }

 private:
  MessageRef message_;
};

/// One message to deliver. Settle it here, or keep() it; valid for the call only.
class Delivery : public Settlement {
 public:
  Delivery(const Host& host, const trellis_host_handler* table, const trellis_delivery& delivery,
           trellis_token token) noexcept
      : Settlement(host, table, token), host_(&host), delivery_(&delivery) {}
  Delivery(Delivery&&) = delete;
  Delivery& operator=(Delivery&&) = delete;

  Message message() const noexcept { return delivery_->message; }
  /// How often it was delivered before, as far as whoever has it delivered counts.
  std::uint32_t attempts() const noexcept { return delivery_->attempts; }
  bool redelivered() const noexcept { return (delivery_->flags & TRELLIS_DELIVERY_REDELIVERED) != 0; }
  /// Takes message and settlement out of the call.
  KeptDelivery keep() { return {std::move(static_cast<Settlement&>(*this)), MessageRef(*host_, message())}; }

 private:
  const Host* host_;
  const trellis_delivery* delivery_;
};

/// The deliveries of one call, in order.
class DeliveryBatch {
 public:
  DeliveryBatch(const Shard& shard, const trellis_host_handler* table, const trellis_delivery* deliveries,
                const trellis_token* tokens, std::size_t count) noexcept
      : shard_(&shard), table_(table), deliveries_(deliveries), tokens_(tokens), count_(count) {}

  std::size_t size() const noexcept { return count_; }
  const Shard& shard() const noexcept { return *shard_; }

  /// Calls a function with each: void(Delivery&). Call it once; what it leaves unsettled is tried again.
  template <class Function>
  requires std::invocable<Function&, Delivery&>
  void each(Function function) const {
    for (std::size_t i = 0; i < count_; ++i) {
      Delivery delivery(shard_->host(), table_, deliveries_[i], tokens_[i]);
      function(delivery);
    }
  }

 private:
  const Shard* shard_;
  const trellis_host_handler* table_;
  const trellis_delivery* deliveries_;
  const trellis_token* tokens_;
  std::size_t count_;
};

/// Where one subscription's messages go. deliver() and check() are called on the subscription's shard.
class Destination {
 public:
  virtual ~Destination() = default;
  /// Asks whether the destination wants what is to come; settle it, now or later. Must not block.
  virtual void check(const Shard&, Settlement consent) { consent.delivered(); }
  /// Must not block. What it throws leaves the rest of the batch to be tried again.
  virtual void deliver(DeliveryBatch batch) = 0;
};

class Handler : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_HANDLER;

  /// Opens the destination of one subscription from its JSON block, or says what is wrong with it. No I/O yet.
  virtual Result<std::unique_ptr<Destination>> open(const Config& destination) = 0;

  const void* table(std::string_view id) override {
    static constexpr trellis_handler kTable{sizeof(trellis_handler), &open_glue, &deliver_glue, &release_glue,
                                            &check_glue};
    if (id != kTableId<trellis_handler>) return nullptr;
    host_handler_ = host().table<trellis_host_handler>();
    return &kTable;
  }

 private:
  static void* open_glue(void* instance, trellis_view block, trellis_error* error) noexcept {
    void* opened = nullptr;
    glue::guarded(error, Status::invalid, [&]() -> Result<void> {
      const auto settings = Config::parse(block.size > 0 ? text(block) : "{}");
      if (!settings) return settings.error();
      auto destination = static_cast<Handler&>(glue::plugin(instance)).open(*settings);
      if (!destination) return destination.error();
      if (*destination == nullptr) return fail("the plugin answered no destination");
      opened = std::move(destination).value().release();
      return ok();
    });
    return opened;
  }

  static void deliver_glue(void* shard, void* destination, const trellis_delivery* deliveries,
                           const trellis_token* tokens, std::uint32_t count) noexcept {
    auto& mine = glue::kind<Handler>(shard);
    trellis_error error{sizeof(trellis_error), 0, {}};
    const auto status = glue::guarded(&error, Status::internal, [&]() -> Result<void> {
      static_cast<Destination*>(destination)
          ->deliver(DeliveryBatch(glue::shard(shard), mine.host_handler_, deliveries, tokens, count));
      return ok();
    });
    if (status == TRELLIS_OK) return;
    const std::string_view reason(error.text, error.size);
    mine.host().log(Level::error, "the handler threw", {{"error", reason}});
    // Those settled before count as late answers and change nothing.
    for (std::uint32_t i = 0; i < count; ++i) Settlement(mine.host(), mine.host_handler_, tokens[i]).retry(reason);
  }

  static void check_glue(void* shard, void* destination, trellis_token token) noexcept {
    auto& mine = glue::kind<Handler>(shard);
    trellis_error error{sizeof(trellis_error), 0, {}};
    const auto status = glue::guarded(&error, Status::internal, [&]() -> Result<void> {
      static_cast<Destination*>(destination)
          ->check(glue::shard(shard), Settlement(mine.host(), mine.host_handler_, token));
      return ok();
    });
    if (status == TRELLIS_OK) return;
    const std::string_view reason(error.text, error.size);
    mine.host().log(Level::error, "the handler threw", {{"error", reason}});
    Settlement(mine.host(), mine.host_handler_, token).refused(reason);
  }

  static void release_glue(void*, void* destination) noexcept { delete static_cast<Destination*>(destination); }

  const trellis_host_handler* host_handler_ = nullptr;
};

}  // namespace trellis
