#include "locks.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/pointer.hpp>

namespace trellis::configuration {
namespace {

constexpr std::size_t kLongestShown = 80;

// It does not come from the file that is read, so diagnostics must not look for it there.
void forget_place(Json::Value& value) {
  value.setOffsetStart(0);
  value.setOffsetLimit(0);
  for (Json::Value& child : value) forget_place(child);
}

Json::Value read(std::string_view locked) {
  schema::Diagnostics problems;
  auto document = schema::Document::parse(std::string(locked), "locked keys", problems);
  if (!document || !problems.ok() || !document->root().isObject()) {
    throw std::runtime_error("the keys this program was built to lock cannot be read: " + problems.text());
  }
  Json::Value root = document->root();
  forget_place(root);
  return root;
}

// Puts it there, with the objects around it; false where something else is in the way.
bool put(Json::Value& root, std::string_view pointer, const Json::Value& value) {
  if (Json::Value* given = schema::find(root, pointer)) {
    Json::Value copy = value;
    schema::copy_place(*given, copy);
    *given = std::move(copy);
    return true;
  }
  const auto steps = schema::pointer_steps(pointer);
  if (!steps) return false;
  Json::Value* at = &root;
  for (const std::string& step : *steps) {
    if (!at->isObject() && !at->isNull()) return false;
    at = &(*at)[step];
  }
  *at = value;
  return true;
}

}  // namespace

void apply_locks(schema::Document& document, std::string_view locked, std::string_view vendor,
                 schema::Diagnostics& diagnostics) {
  const Json::Value locks = read(locked);
  for (const std::string& pointer : locks.getMemberNames()) {
    const Json::Value& value = locks[pointer];
    const Json::Value* given = schema::find(document.root(), pointer);
    const std::string decided = fmt::format("{} has locked this key of {} to {}", vendor, document.file(),
                                            schema::to_line(value, kLongestShown));
    if (given != nullptr && schema::to_exact(*given) != schema::to_exact(value)) {
      document.report(diagnostics, pointer, decided + "; leave it out");
    }
    if (!put(document.root(), pointer, value)) {
      document.report(diagnostics, pointer, decided + ", and it cannot be set here");
    }
  }
}

}  // namespace trellis::configuration
