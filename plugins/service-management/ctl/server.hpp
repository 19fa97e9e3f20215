/// The management API as the command sees it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/result.hpp>

#include "ctl/connection.hpp"
#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

/// Text that was read as JSON, with what it says.
struct Json {
  std::shared_ptr<const std::string> text;  // `value` points into it
  trellis::json::Value value;

  std::string_view text_of(std::string_view key) const;
};

class Server {
 public:
  /// By the options and the environment; fails with what is missing.
  static trellis::Result<std::unique_ptr<Server>> open(const CtlRequest& request, const Terminal& terminal);

  /// path: below the mount, encoded, with a query. Whatever status comes. more: time beside that for an answer.
  trellis::Result<HttpAnswer> ask(std::string_view method, std::string_view path, std::string body = {},
                                  std::string_view media_type = {}, std::chrono::seconds more = {});
  trellis::Result<HttpAnswer> ask(HttpRequest request, std::chrono::seconds more = {});
  /// GET; the answer's JSON, or why there is none.
  trellis::Result<Json> get(std::string_view path, std::chrono::seconds more = {});

  /// "/namespaces/NS/TYPE", or the namespaces' own where they are the type.
  std::string collection(std::string_view type) const;
  /// name: with that of what it belongs to, where it does: "orders/audit".
  std::string item(std::string_view type, std::string_view name) const;
  /// Those of a type that belong to one resource: "/namespaces/NS/topics/orders/eventSubscriptions".
  std::string collection_of(std::string_view parent_type, std::string_view parent, std::string_view type) const;
  std::string space() const;
  void use_namespace(std::string name) { name_space_ = std::move(name); }

 private:
  Server(Address address, std::string token, const CtlRequest& request)
      : connection_(std::move(address)),
        token_(std::move(token)),
        name_space_(request.name_space),
        timeout_(request.timeout) {}

  Connection connection_;
  const std::string token_;
  std::string name_space_;
  const std::chrono::seconds timeout_;
};

/// The text of a member; empty where there is none: who knows what has answered.
std::string text_at(const trellis::json::Value* value, std::string_view key);

/// What a resource of an answer is called on the command line, "orders/audit", which an answer has in its id.
std::string name_of(const trellis::json::Value* resource);

/// What a refusal says, with what to do about it; every detail in a line of its own.
std::string sentence_of(const HttpAnswer& answer, const Api& api = kManagementApi);

trellis::Result<Json> read_json_text(std::string text);

}  // namespace management::ctl
