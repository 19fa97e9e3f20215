/// Clients whose tokens wait for keys.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <trellis/authenticator.hpp>
#include <unordered_map>
#include <utility>

#include "believed.hpp"

namespace entra {

/// What is asked, without the call that asked it.
struct Question {
  trellis::AuthReply reply;
  std::shared_ptr<const Believed> believed;
  std::optional<jose::Token> token;
  std::string name_space;
  bool again = false;  ///< a client that is let in already proves itself
};

/// By the kernel's tokens. Whoever takes a question answers it, or drops it. [any]
class Questions {
 public:
  void put(Question question) {
    const trellis_token token = question.reply.token();
    const std::lock_guard lock(mutex_);
    questions_.try_emplace(token, std::move(question));
  }
  /// Nothing where the client went away, or somebody else took it.
  std::optional<Question> take(trellis_token token) {
    const std::lock_guard lock(mutex_);
    const auto found = questions_.find(token);
    if (found == questions_.end()) return std::nullopt;
    std::optional<Question> question(std::move(found->second));
    questions_.erase(found);
    return question;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<trellis_token, Question> questions_;
};

}  // namespace entra
