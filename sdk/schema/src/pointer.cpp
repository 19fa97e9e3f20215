#include <charconv>
#include <trellis/schema/pointer.hpp>

namespace trellis::schema {

namespace {

std::optional<Json::ArrayIndex> array_index(std::string_view step) {
  if (step.empty() || (step.size() > 1 && step[0] == '0')) return std::nullopt;
  Json::ArrayIndex index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc{} || end != step.data() + step.size()) return std::nullopt;
  return index;
}

}  // namespace

std::string pointer_to(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string pointer_to(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + '/' + std::to_string(index);
}

std::optional<std::vector<std::string>> pointer_steps(std::string_view pointer) {
  std::vector<std::string> steps;
  if (pointer.empty()) return steps;
  if (pointer[0] != '/') return std::nullopt;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      steps.emplace_back();
    } else if (pointer[i] == '~') {
      if (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')) return std::nullopt;
      steps.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      steps.back() += pointer[i];
    }
  }
  return steps;
}

const Json::Value* find(const Json::Value& root, std::string_view pointer) {
  const auto steps = pointer_steps(pointer);
  if (!steps) return nullptr;
  const Json::Value* value = &root;
  for (const std::string& step : *steps) {
    if (value->isObject()) {
      value = value->find(step.data(), step.data() + step.size());
      if (value == nullptr) return nullptr;
    } else if (value->isArray()) {
      const auto index = array_index(step);
      if (!index || *index >= value->size()) return nullptr;
      value = &(*value)[*index];
    } else {
      return nullptr;
    }
  }
  return value;
}

Json::Value* find(Json::Value& root, std::string_view pointer) {
  return const_cast<Json::Value*>(find(static_cast<const Json::Value&>(root), pointer));
}

}  // namespace trellis::schema
