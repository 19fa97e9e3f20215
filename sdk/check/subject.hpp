// What the groups of checks share: the plugin, what it is configured with, what a TestHost found out about it.
#pragma once

#include <trellis/abi/plugin.h>

#include <string>
#include <trellis/testing/test_host.hpp>

#include "checks.hpp"
#include "trial.hpp"

namespace trellis::check {

struct Subject {
  const trellis_plugin& entry;
  const CheckOptions& options;
  std::optional<std::string> settings;  // to configure it with; nothing where it needs some and nobody knows them
};

/// An example with something in place of each ${env:…} and ${file:…}: what those name need not be here.
std::string without_references(const std::string& example);

/// Says what the host of a plugin that was destroyed found: broken promises, what was left, answers too many.
void tell(testing::TestHost& host, Voice& say);

/// Threads of this process, and files it has open. Threads that end are waited for a little, down to `expected`.
std::size_t threads(std::size_t expected = 0);
std::size_t open_files();

/// Each group is run in a process of its own. What does not return ends that process, and is a finding.
void check_library(const std::string& path, Voice& say);
void check_life(const Subject& subject, Voice& say);
void check_orders(const Subject& subject, Voice& say);
void check_settings(const Subject& subject, Voice& say);
void check_calls(const Subject& subject, Voice& say);
void check_texts(const Subject& subject, Voice& say);
void check_shards(const Subject& subject, Voice& say);
void check_memory(const Subject& subject, Voice& say);
void check_allocation(const Subject& subject, Voice& say);

}  // namespace trellis::check
