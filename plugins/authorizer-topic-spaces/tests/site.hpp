// A namespace with its resources, and questions about it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>
#include <utility>
#include <vector>

#include "topic_spaces.hpp"

namespace topic_spaces {

using trellis::Access;
using trellis::Action;
using trellis::testing::Authenticated;

/// With shortcuts to put what tests need.
class Site : public testing::Test {
 protected:
  void put(const std::string& path, std::string_view properties) {
    ASSERT_EQ(host.put_resources({{path, std::string(properties)}}), "") << path;
  }
  std::string refused(const std::string& path, std::string_view properties) {
    return host.put_resources({{path, std::string(properties)}});
  }
  void client(const std::string& name, const std::string& attributes) {
    put("clients/" + name, R"({"attributes": )" + attributes + "}");
  }
  void group(const std::string& name, const std::string& query) {
    put("clientGroups/" + name, R"({"query": )" + trellis::json::quote(query) + "}");
  }
  void space(const std::string& name, const std::vector<std::string>& templates) {
    std::string list;
    for (const std::string& one : templates) list += (list.empty() ? "" : ",") + trellis::json::quote(one);
    put("topicSpaces/" + name, R"({"topicTemplates": [)" + list + "]}");
  }
  void bind(const std::string& group_name, const std::string& space_name, const std::string& permission,
            const std::string& effect = "Allow") {
    put("permissionBindings/b" + std::to_string(100 + bound_++),
        R"({"clientGroupName": ")" + group_name + R"(", "topicSpaceName": ")" + space_name + R"(", "permission": ")" +
            permission + R"(", "effect": ")" + effect + R"("})");
  }
  bool may(const Authenticated& who, Action action, std::string_view topic) const {
    return authorizer.may(who, action, topic) == Access::allow;
  }
  bool publishes(const std::string& name, std::string_view topic) const {
    return may({.name = name}, Action::publish, topic);
  }
  bool subscribes(const std::string& name, std::string_view topic) const {
    return may({.name = name}, Action::subscribe, topic);
  }

  trellis::testing::TestHost host;
  trellis::testing::AuthorizerDriver authorizer = host.load<TopicSpaces>();

 private:
  int bound_ = 0;
};

}  // namespace topic_spaces
