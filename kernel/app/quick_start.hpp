// The quick-start configuration of `trellis dev` and what it tells the user to try: files of the installation, so
// that whoever ships a build of their own ships their own quick start with it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/broker.hpp"

namespace trellis::kernel {

struct QuickStart {
  std::filesystem::path config;
  std::filesystem::path hints;
};

/// In share/trellis beside the program's folder. Nothing when it is not installed.
std::optional<QuickStart> find_quick_start();

/// The text of the hints, with {NAME.host} and {NAME.port} replaced by what the listener NAME is bound to.
std::string hints_for(const QuickStart& quick, const std::vector<BoundListener>& listening);

}  // namespace trellis::kernel
