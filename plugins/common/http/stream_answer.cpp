#include "stream_answer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "characters.hpp"
#include "content_coding.hpp"
#include "gzip.hpp"
#include "response_writer.hpp"

namespace trellis::http {
namespace {

constexpr std::size_t kFieldOverhead = 4;  // ": " and the line's end, so that a head is as long as in HTTP/1.1
constexpr std::uint32_t kMostInterim = 16;

}  // namespace

void StreamAnswer::add_field(std::string_view name, std::string_view value, bool well_formed) {
  begun_ = true;
  field_bytes_ += name.size() + value.size() + kFieldOverhead;
  if (error_) return;
  if (field_bytes_ > limits_.head_bytes) return fail({431, "the header fields are too long"});
  if (++field_count_ > limits_.header_count) return fail({431, "there are too many header fields"});
  if (!well_formed) return fail({400, "a header field is malformed"});
  if (head_complete_) return;  // a trailer
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), status_);
  } else if (!name.starts_with(':')) {
    headers_.emplace_back(name, value);
  }
}

void StreamAnswer::end_head() {
  if (error_ || head_complete_) return;
  head_complete_ = status_ >= 200;
  if (head_complete_) return check_length();
  if (++interim_ > kMostInterim) fail({400, "there are too many interim responses"});
  headers_.clear();
  status_ = 0;
}

// What announces too much is not waited for.
void StreamAnswer::check_length() {
  const std::string_view length = find("content-length");
  std::uint64_t bytes = 0;
  std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (bytes > limits_.body_bytes && !head_only_ && has_body(status_)) fail({413, "the body is too large"});
}

std::string_view StreamAnswer::find(std::string_view name) const {
  const auto found = std::ranges::find(headers_, name, &ClientHeaders::value_type::first);
  return found == headers_.end() ? std::string_view() : found->second;
}

void StreamAnswer::add_data(std::string_view data) {
  if (error_) return;
  if (data.size() > limits_.body_bytes - body_.size()) return fail({413, "the body is too large"});
  body_.append(data);
}

void StreamAnswer::finish() {
  if (error_) return;
  if (!head_complete_) return fail({400, "the stream ended before the response"});
  const auto coded = [](const auto& field) { return field.first == "content-encoding"; };
  // Several fields are several codings, which are as unknown as any other that is not spoken here.
  if (body_.empty() || std::ranges::count_if(headers_, coded) != 1) return;
  const ContentCoding coding = parse_content_encoding(find("content-encoding")).value_or(ContentCoding::identity);
  if (coding == ContentCoding::identity) return;
  std::string decoded;
  if (const auto error = decode_body(body_, coding, limits_.body_bytes, decoded)) return fail(*error);
  body_ = std::move(decoded);
  std::erase_if(headers_, [&](const auto& field) { return coded(field) || field.first == "content-length"; });
}

ClientResponse StreamAnswer::take(const Url& url) {
  ClientResponse response;
  response.status = head_complete_ ? status_ : 0;
  response.headers = std::move(headers_);
  response.body = std::move(body_);
  response.url = url;
  return response;
}

void StreamAnswer::fail(const ParseError& error) { error_ = error; }

}  // namespace trellis::http
