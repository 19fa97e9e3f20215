// A URL by which somebody consents later; withdrawn with its owner.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/borrow.hpp>
#include <utility>

#include "consent_desk.hpp"

namespace common {

/// Belongs to the shard it was made on.
class ConsentLink {
 public:
  using Desk = trellis::Borrowed<ConsentDesk>;
  /// Answers kConsentGiven or kConsentNotOurs; may destroy the link.
  using Granted = std::function<std::uint32_t(const ConsentGrant&)>;

  /// Nothing where there is no URL to be had. who: as of ConsentQuestion.
  static std::optional<ConsentLink> issue(const Desk& desk, const trellis::Shard& shard, std::string_view who,
                                          Granted granted) {
    void* const state = desk.shard(shard);
    if (state == nullptr) return std::nullopt;
    ConsentLink made(desk, shard, std::move(granted));
    const ConsentQuestion question{sizeof(ConsentQuestion), 0, trellis::view(who), &Held::tell, made.held_.get()};
    const auto sink = [](void* url, trellis_view text) { *static_cast<std::string*>(url) = trellis::text(text); };
    made.number_ = desk->issue(state, &question, &made.url_, sink);
    if (made.number_ == 0) return std::nullopt;
    return made;
  }

  ConsentLink(ConsentLink&& other) noexcept
      : desk_(other.desk_),
        shard_(other.shard_),
        held_(std::move(other.held_)),
        url_(std::move(other.url_)),
        number_(std::exchange(other.number_, 0)) {}
  ConsentLink& operator=(ConsentLink&& other) noexcept {
    std::swap(desk_, other.desk_);
    std::swap(shard_, other.shard_);
    std::swap(held_, other.held_);
    std::swap(url_, other.url_);
    std::swap(number_, other.number_);
    return *this;
  }
  ~ConsentLink() {
    if (number_ == 0) return;
    // Where the lender has stopped nobody comes any more.
    if (void* const state = desk_.shard(*shard_)) desk_->withdraw(state, number_);
  }

  const std::string& url() const noexcept { return url_; }

 private:
  struct Held : std::enable_shared_from_this<Held> {
    explicit Held(Granted function) : granted(std::move(function)) {}
    static std::uint32_t tell(void* user, const ConsentGrant* grant) {
      const auto alive = static_cast<Held*>(user)->shared_from_this();  // the link may end within
      return alive->granted(*grant);
    }
    const Granted granted;
  };

  ConsentLink(const Desk& desk, const trellis::Shard& shard, Granted granted)
      : desk_(desk), shard_(&shard), held_(std::make_shared<Held>(std::move(granted))) {}

  Desk desk_;
  const trellis::Shard* shard_;
  std::shared_ptr<Held> held_;
  std::string url_;
  std::uint64_t number_ = 0;
};

}  // namespace common
