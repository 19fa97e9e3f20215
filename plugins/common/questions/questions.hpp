// Questions of authenticators that wait for something, by the kernel's tokens.
#pragma once

#include <mutex>
#include <optional>
#include <trellis/authenticator.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

namespace common {

/// Shards put questions in, whoever has what they wait for takes them out to answer. Question has a `reply`, an
/// AuthReply; whoever takes one answers it, or drops it. [any]
template <class Question>
class Questions {
 public:
  /// One that is not answered yet.
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

  std::vector<Question> take_all() {
    std::vector<Question> all;
    const std::lock_guard lock(mutex_);
    for (auto& [token, question] : questions_) all.push_back(std::move(question));
    questions_.clear();
    return all;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<trellis_token, Question> questions_;  // guarded by mutex_
};

}  // namespace common
