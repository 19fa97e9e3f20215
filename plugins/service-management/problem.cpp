#include "problem.hpp"

#include <trellis/json.hpp>
#include <trellis/view.hpp>

namespace management {
namespace {

using trellis::json::quote;

struct Meaning {
  std::uint32_t status;
  std::string_view code;
};

constexpr Meaning meaning_of(std::uint32_t outcome) {
  switch (outcome) {
    case TRELLIS_RESOURCE_UNKNOWN_TYPE:
      return {404, "ResourceTypeNotFound"};
    case TRELLIS_RESOURCE_UNKNOWN_NAMESPACE:
      return {404, "NamespaceNotFound"};
    case TRELLIS_RESOURCE_NOT_FOUND:
      return {404, "ResourceNotFound"};
    case TRELLIS_RESOURCE_INVALID:
      return {400, "InvalidRequest"};
    case TRELLIS_RESOURCE_MISSING:
      return {400, "ReferencedResourceNotFound"};
    case TRELLIS_RESOURCE_TAKEN:
      return {409, "Conflict"};
    case TRELLIS_RESOURCE_NEEDED:
      return {409, "ResourceInUse"};
    case TRELLIS_RESOURCE_OUT_OF_DATE:
      return {412, "PreconditionFailed"};
    case TRELLIS_RESOURCE_NOT_YOURS:
      return {403, "ManagedByFiles"};
    case TRELLIS_RESOURCE_TOO_MANY:
      return {409, "QuotaExceeded"};
    case TRELLIS_RESOURCE_UNKEPT:
      return {503, "StoreUnavailable"};
    default:
      return {500, "InternalError"};
  }
}

// What a property names is told with a pointer to that.
constexpr Meaning kNoParent{404, "ParentResourceNotFound"};

std::string target_of(std::string_view prefix, std::uint32_t operation, std::string_view pointer) {
  // Without a pointer it is about the operation as a whole: of a single one the path has told which.
  const std::size_t star = prefix.find('*');
  std::string out(prefix);
  if (star != std::string_view::npos) out.replace(star, 1, std::to_string(operation));
  if (!pointer.empty()) return out + std::string(pointer);
  return star == std::string_view::npos ? "" : out.substr(0, out.find('/', star));
}

std::string members_of(const Problem& problem) {
  std::string out = "\"code\":" + quote(problem.code) + ",\"message\":" + quote(problem.message);
  if (!problem.target.empty()) out += ",\"target\":" + quote(problem.target);
  return out;
}

}  // namespace

std::string Problem::json() const {
  std::string out = "{\"error\":{" + members_of(*this) + ",\"details\":[";
  for (const Problem& one : details) {
    if (out.back() != '[') out += ',';
    out += '{' + members_of(one) + '}';
  }
  return out + "]}}";
}

Problem bad_request(std::string message, std::string_view target) {
  return {.status = 400, .code = "InvalidRequest", .message = std::move(message), .target = std::string(target)};
}

Problem problem_of(const trellis_resource_result* results, std::uint32_t count, std::string_view prefix) {
  static constexpr std::size_t kMostDetails = 100;
  Problem whole;
  for (std::uint32_t i = 0; i < count && whole.details.size() < kMostDetails; ++i) {
    const trellis_resource_result& result = results[i];
    if (result.outcome == TRELLIS_RESOURCE_DONE) continue;
    const bool about_all = result.outcome == TRELLIS_RESOURCE_MISSING && result.pointer.size == 0;
    const Meaning meaning = about_all ? kNoParent : meaning_of(result.outcome);
    Problem& one = whole.details.emplace_back();
    one.status = meaning.status;
    one.code = meaning.code;
    one.message = trellis::text(result.message);
    if (result.suggestion.size > 0)
      one.message += "; did you mean " + std::string(trellis::text(result.suggestion)) + "?";
    one.target = target_of(prefix, result.operation, trellis::text(result.pointer));
  }
  if (whole.details.empty()) return {.status = 500, .code = "InternalError", .message = "nobody says what went wrong"};
  const Problem& first = whole.details.front();
  whole.status = first.status;
  whole.code = first.code;
  whole.message = first.message;
  whole.target = first.target;
  if (count > 1) whole.message += " (and " + std::to_string(count - 1) + " more)";
  if (count == 1) whole.details.clear();
  return whole;
}

}  // namespace management
