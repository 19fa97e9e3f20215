// The questions that wait for a check, by their tokens.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <trellis/authenticator.hpp>
#include <unordered_map>
#include <utility>

namespace password {

/// A reply that may also be dropped without a word, because its client is gone. An AuthReply that is let go denies,
/// and that denial would reach the kernel while it is still clearing the question away. Its destructor does nothing
/// else, so it is left out.
class KeptReply {
 public:
  explicit KeptReply(trellis::AuthReply&& reply) : slot_(std::move(reply)) {}
  KeptReply(KeptReply&& other) noexcept : slot_(std::move(other.slot_.reply)) {}
  KeptReply& operator=(KeptReply&&) = delete;

  trellis::AuthReply* operator->() { return &slot_.reply; }

 private:
  union Slot {
    explicit Slot(trellis::AuthReply&& from) : reply(std::move(from)) {}
    ~Slot() {}  // NOLINT(modernize-use-equals-default): a defaulted one would be deleted
    trellis::AuthReply reply;
  };
  Slot slot_;
};

/// One question that is not answered yet.
struct OpenQuestion {
  KeptReply reply;
  std::string user;
};

/// Shards put questions on it, workers take them off to answer. Whoever takes a question answers it. [any]
class ReplyBoard {
 public:
  void put(trellis_token token, OpenQuestion question) {
    const std::lock_guard lock(mutex_);
    questions_.try_emplace(token, std::move(question));
  }

  /// Nothing where the client went away or somebody else took it.
  std::optional<OpenQuestion> take(trellis_token token) {
    const std::lock_guard lock(mutex_);
    const auto found = questions_.find(token);
    if (found == questions_.end()) return std::nullopt;
    std::optional<OpenQuestion> question(std::move(found->second));
    questions_.erase(found);
    return question;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<trellis_token, OpenQuestion> questions_;
};

}  // namespace password
