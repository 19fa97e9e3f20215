// Runs every row of the table on every broker, several times in turn, and judges the medians.
#pragma once

#include <json/value.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker.hpp"
#include "table.hpp"

namespace trellis::bench {

/// The brokers of one row; what is missing is not measured.
struct Opponents {
  std::optional<BrokerRecipe> trellis;
  std::optional<BrokerRecipe> reference;
};

struct ComparisonOptions {
  std::map<std::string, Opponents> by_setup;  // keys: what rows name with --setup or --layer
  std::optional<BrokerRecipe> two_shards;
  std::string generator;  // path of trellis-bench
  Placement generator_placement{};
  std::vector<int> shards_cores{};  // of both Trellis configurations in rows judged by shards
  int rounds = 3;
  double seconds = 3;
  double warmup = 1;
  std::filesystem::path directory;                   // for configs and logs
  std::function<void(const std::string&)> progress;  // one line per run
};

/// The runs of one row on one broker.
struct Series {
  std::vector<double> values;
  std::vector<double> generator_percent;
  std::string complaint;  // of the first run that failed

  std::optional<double> median() const;
};

struct RowOutcome {
  Row row;
  Series trellis;                // with two shards in rows judged by shards
  Series reference;              // Mosquitto, NATS, nginx, or Trellis with one shard
  std::string against;           // what the reference is
  std::optional<double> judged;  // the number that must and aim are about
  std::string verdict;
  bool failed = false;
};

std::vector<RowOutcome> compare_all(const ComparisonOptions& options, const std::vector<Row>& rows);

// Runs trellis-bench --smoke on each broker; true when all passed.
bool smoke_all(const ComparisonOptions& options);

}  // namespace trellis::bench
