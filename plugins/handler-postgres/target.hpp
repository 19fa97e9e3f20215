// One subscription's table: where it is, and what of an event stands in which column.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/message.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "common/peer_link/settings.hpp"
#include "common/verdict/verdict.hpp"

namespace postgres {

/// Texts as PostgreSQL reads them, one for each column; nothing is NULL.
struct Row {
  std::vector<std::optional<std::string>> values;
  std::size_t bytes = 0;
};

/// What the configuration says for the whole plugin.
struct Settings {
  peer_link::PluginSettings links;
  std::string root_certificates;
  std::string certificate;
  std::string key;
};
trellis::Schema plugin_schema();
Settings read_settings(const trellis::Config& config);

/// Read once, then shared by all that is under way.
struct Target {
  peer_link::LinkSettings peer;  // target: where; its timeout: until the connection is open
  Settings settings;
  std::string database;
  std::string user;
  std::string password;
  std::string ssl_mode;
  std::string schema;  // empty: what the server's search_path finds
  std::string table;
  struct Column {
    std::string name;
    std::string value;  // an attribute, $event, $data or $bytes
  };
  std::vector<Column> columns;
  bool skips_duplicates = false;
  std::size_t batch_rows = 0;

  /// Or why this message will never be a row.
  std::optional<common::Verdict> compose(trellis::Message message, Row& row) const;
};

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block, const Settings& settings);

}  // namespace postgres
