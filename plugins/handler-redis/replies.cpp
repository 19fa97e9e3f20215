#include "replies.hpp"

#include <hiredis/hiredis.h>

#include <new>
#include <utility>

namespace redis {
namespace {

Reply::Type type_of(int type) {
  switch (type) {
    case REDIS_REPLY_STRING:
      return Reply::Type::text;
    case REDIS_REPLY_STATUS:
      return Reply::Type::status;
    case REDIS_REPLY_ERROR:
      return Reply::Type::error;
    case REDIS_REPLY_INTEGER:
      return Reply::Type::number;
    case REDIS_REPLY_NIL:
      return Reply::Type::nothing;
    default:
      return Reply::Type::list;
  }
}

/// Writes down what matters of the outermost value; what lists contain is passed over.
void* note(const redisReadTask* task, std::string_view text = {}) {
  auto* reply = static_cast<Reply*>(task->privdata);
  if (task->parent == nullptr) *reply = {type_of(task->type), std::string(text.substr(0, Replies::kKeptBytes))};
  return reply;
}

// The lists of hiredis' own functions have room for as many elements as the peer says.
redisReplyObjectFunctions& functions() {
  static redisReplyObjectFunctions made = [] {
    redisReplyObjectFunctions out{};
    out.createString = [](const redisReadTask* task, char* text, std::size_t size) { return note(task, {text, size}); };
    out.createArray = [](const redisReadTask* task, auto) { return note(task); };
    out.createInteger = [](const redisReadTask* task, long long) { return note(task); };
    out.createNil = [](const redisReadTask* task) {
      // The task still says that a text was announced.
      if (task->parent == nullptr) *static_cast<Reply*>(task->privdata) = {Reply::Type::nothing, {}};
      return task->privdata;
    };
    out.freeObject = [](void*) {};
    return out;
  }();
  return made;
}

}  // namespace

std::string command(const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.empty() ? "" : word.data());
    sizes.push_back(word.size());
  }
  char* made = nullptr;
  const int size = redisFormatCommandArgv(&made, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  const std::unique_ptr<char, void (*)(char*)> owner(made, [](char* text) { redisFreeCommand(text); });
  return {made, static_cast<std::size_t>(size)};
}

Replies::Replies() : reader_(redisReaderCreateWithFunctions(&functions())) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = &reply_;
}

void Replies::feed(std::string_view bytes) {
  if (broken_.empty() && redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    broken_ = reader_->errstr;
  }
}

std::optional<Reply> Replies::next() {
  if (!broken_.empty()) return std::nullopt;
  void* made = nullptr;
  if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
    broken_ = reader_->errstr;
  } else if (made == nullptr) {
    // Of one reply, the elements of a list aside, which are gone from there once they were read.
    if (reader_->len - reader_->pos > kMostBytes) broken_ = "a reply is too long";
  }
  if (made == nullptr) return std::nullopt;
  return std::exchange(reply_, {});
}

}  // namespace redis
