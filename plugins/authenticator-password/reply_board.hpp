// The questions that wait for a check, by their tokens.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <trellis/authenticator.hpp>
#include <unordered_map>
#include <utility>

namespace password {

/// One question that is not answered yet.
struct OpenQuestion {
  trellis::AuthReply reply;
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
