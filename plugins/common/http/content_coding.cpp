#include "content_coding.hpp"

#include <algorithm>
#include <cstdint>

#include "characters.hpp"

namespace trellis::http {
namespace {

constexpr std::int32_t kUnnamed = -1;

// "0.25" in thousandths. What is no weight counts as 0: better no coding than one that is not understood.
std::int32_t parse_weight(std::string_view text) {
  const bool shaped =
      !text.empty() && text.size() <= 5 && (text[0] == '0' || text[0] == '1') && (text.size() == 1 || text[1] == '.');
  if (!shaped) return 0;
  const std::string_view digits = text.substr(std::min<std::size_t>(2, text.size()));
  std::int32_t weight = text[0] == '1' ? 1000 : 0;
  std::int32_t unit = 100;
  for (const char digit : digits) {
    if (!is_digit(digit)) return 0;
    weight += (digit - '0') * unit;
    unit /= 10;
  }
  return weight <= 1000 ? weight : 0;
}

// Of one element of the list: "gzip;q=0.5".
std::int32_t weight_of(std::string_view element) {
  const std::size_t semicolon = element.find(';');
  if (semicolon == std::string_view::npos) return 1000;
  const std::string_view parameter = trim(element.substr(semicolon + 1));
  const bool weight = parameter.size() >= 2 && lower(parameter[0]) == 'q' && parameter[1] == '=';
  return weight ? parse_weight(parameter.substr(2)) : 0;
}

// What a client says about codings: thousandths, or that it says nothing.
struct Weights {
  std::int32_t gzip = kUnnamed;
  std::int32_t identity = kUnnamed;
  std::int32_t others = kUnnamed;

  void add(std::string_view element) {
    const std::string_view coding = trim(element.substr(0, element.find(';')));
    if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) {
      gzip = std::max(gzip, weight_of(element));
    } else if (equals_ignoring_case(coding, "identity")) {
      identity = weight_of(element);
    } else if (coding == "*") {
      others = weight_of(element);
    }
  }
};

bool is_one_of(std::string_view type, const auto& types) {
  return std::any_of(std::begin(types), std::end(types),
                     [type](std::string_view one) { return equals_ignoring_case(one, type); });
}

}  // namespace

std::optional<ContentCoding> parse_content_encoding(std::string_view value) {
  ContentCoding coding = ContentCoding::identity;
  std::size_t count = 0;
  bool known = true;
  each_list_element(value, [&](std::string_view name) {
    if (equals_ignoring_case(name, "identity")) return;
    ++count;
    const bool gzip = equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip");
    known = known && (gzip || equals_ignoring_case(name, "deflate"));
    coding = gzip ? ContentCoding::gzip : ContentCoding::deflate;
  });
  if (!known || count > 1) return std::nullopt;
  return coding;
}

bool wants_gzip(const Request& request) {
  Weights weights;
  for (const Header& header : request.headers) {
    if (header.name == "accept-encoding") {
      each_list_element(header.value, [&](std::string_view element) { weights.add(element); });
    }
  }
  // Identity is taken without being named, but whoever names codings likes those better.
  const std::int32_t gzip = weights.gzip != kUnnamed ? weights.gzip : weights.others;
  return gzip > 0 && gzip >= weights.identity;
}

bool is_text_like(std::string_view content_type) {
  static constexpr std::string_view kTypes[] = {"application/json",       "application/xml",
                                                "application/javascript", "application/openmetrics-text",
                                                "application/x-ndjson",   "image/svg+xml"};
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  const auto ends = [type](std::string_view suffix) {
    return type.size() > suffix.size() && equals_ignoring_case(type.substr(type.size() - suffix.size()), suffix);
  };
  return equals_ignoring_case(type.substr(0, 5), "text/") || ends("+json") || ends("+xml") || is_one_of(type, kTypes);
}

}  // namespace trellis::http
