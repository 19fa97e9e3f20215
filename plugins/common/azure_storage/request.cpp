#include "common/azure_storage/request.hpp"

#include <algorithm>
#include <map>

#include "common/base64/base64.hpp"
#include "common/http/date.hpp"
#include "common/http/target.hpp"
#include "common/openssl/openssl.hpp"

namespace azure_storage {
namespace {

using trellis::http::ClientHeaders;
using trellis::http::ClientRequest;
using trellis::http::percent_encode;

// Old enough for every emulator, and new enough for all that is asked.
constexpr std::string_view kVersion = "2021-12-02";

std::string_view value_of(const ClientHeaders& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &ClientHeaders::value_type::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string encode_path(std::string_view path) {
  std::string out;
  while (true) {
    const std::size_t slash = path.find('/');
    out += percent_encode(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

// x-ms-… in order of their names.
std::string canonical_headers(const ClientHeaders& headers) {
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [name, value] : headers) {
    if (name.starts_with("x-ms-")) sorted.emplace(name, value);
  }
  std::string out;
  for (const auto& [name, value] : sorted) out.append(name).append(":").append(value).append("\n");
  return out;
}

// The path as it is sent, and the query in order of its names, decoded.
std::string canonical_resource(const Account& account, std::string_view target) {
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string out = "/" + account.name + std::string(target.substr(0, question));
  std::map<std::string, std::string> sorted;
  std::string_view query = target.substr(std::min(question + 1, target.size()));
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    sorted[std::string(pair.substr(0, equals))] =
        trellis::http::percent_decode(pair.substr(std::min(equals + 1, pair.size()))).value_or("");
  }
  for (const auto& [name, value] : sorted) out.append("\n").append(name).append(":").append(value);
  return out;
}

}  // namespace

std::string text_to_sign(const Account& account, const ClientRequest& request) {
  std::string out = request.method + "\n\n\n";  // Content-Encoding and Content-Language are never sent
  if (!request.body.empty()) out += std::to_string(request.body.size());
  out += "\n\n";  // no Content-MD5
  out.append(value_of(request.headers, "content-type"));
  out += "\n\n\n\n";  // the date is x-ms-date; no If-Modified-Since, no If-Match
  out.append(value_of(request.headers, "if-none-match"));
  out += "\n\n\n";  // no If-Unmodified-Since, no Range
  return out + canonical_headers(request.headers) + canonical_resource(account, request.url.target);
}

ClientRequest make_request(const Account& account, Service service, Call call, std::chrono::milliseconds wall) {
  ClientRequest request;
  request.method = std::move(call.method);
  request.url = account.endpoint(service);
  request.layer = account.layer;
  request.headers = std::move(call.headers);
  request.body = std::move(call.body);
  std::string& target = request.url.target;
  target += '/' + encode_path(call.path);
  char separator = '?';
  for (const auto& [name, value] : call.query) {
    target += separator + name + '=' + percent_encode(value);
    separator = '&';
  }
  request.headers.emplace_back("x-ms-date", trellis::http::format_date(wall.count()));
  request.headers.emplace_back("x-ms-version", kVersion);
  if (!account.sas.empty()) {
    target += separator + account.sas;
  } else {
    request.headers.emplace_back(
        "authorization", "SharedKey " + account.name + ":" +
                             common::to_base64(openssl::hmac_sha256(account.key, text_to_sign(account, request))));
  }
  return request;
}

}  // namespace azure_storage
