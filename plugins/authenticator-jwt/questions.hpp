/// The questions that wait for an issuer's keys.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <trellis/authenticator.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/jose/token.hpp"
#include "common/jwks/issuer_keys.hpp"

namespace jwt {

struct Question {
  trellis::AuthReply reply;
  std::optional<jose::Token> token;
  std::string name_space;
  std::shared_ptr<jwks::IssuerKeys> issuer;
  bool again = false;  ///< a client that is let in already proves itself
};

/// Whoever takes a question answers it. [any]
class Questions {
 public:
  void put(trellis_token token, Question question) {
    const std::lock_guard lock(mutex_);
    questions_.try_emplace(token, std::move(question));
  }

  /// Nothing where the client went away or somebody else took it.
  std::optional<Question> take(trellis_token token) {
    const std::lock_guard lock(mutex_);
    const auto found = questions_.find(token);
    if (found == questions_.end()) return std::nullopt;
    std::optional<Question> question(std::move(found->second));
    questions_.erase(found);
    return question;
  }

  std::vector<Question> take_all() {
    std::vector<Question> all;
    const std::lock_guard lock(mutex_);
    for (auto& [token, question] : questions_) all.push_back(std::move(question));
    questions_.clear();
    return all;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<trellis_token, Question> questions_;
};

}  // namespace jwt
