// Requests to a storage account, with what proves who asks.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/azure_storage/account.hpp"
#include "common/http/client.hpp"

namespace azure_storage {

struct Call {
  std::string method;
  std::string path;                                        ///< below the endpoint: "orders/messages", not encoded yet
  std::vector<std::pair<std::string, std::string>> query;  ///< not encoded yet
  trellis::http::ClientHeaders headers = {};               ///< names in small letters
  std::string body = {};
};

/// The request, signed for that moment. wall: Unix time, which may be 15 minutes off at most with a key.
trellis::http::ClientRequest make_request(const Account& account, Service service, Call call,
                                          std::chrono::milliseconds wall);

/// What a key signs of a request (Shared Key, since version 2015-02-21). For tests.
std::string text_to_sign(const Account& account, const trellis::http::ClientRequest& request);

}  // namespace azure_storage
