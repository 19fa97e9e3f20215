// Events in the schemas of Event Grid's basic tier, as they become CloudEvents. What is taken was JSON and becomes
// JSON; what is refused says why.
#include <simdjson.h>

#include <string>
#include <string_view>

#include "basic/conversion.hpp"
#include "common/events/intake.hpp"
#include "events_json.hpp"
#include "fuzz.hpp"

namespace {

using events_service::Conversion;
using events_service::SchemaMapping;
using trellis::fuzz::is_json;
using trellis::fuzz::require;

SchemaMapping custom() {
  SchemaMapping mapping;
  mapping.fields[SchemaMapping::id].member = "id";
  mapping.fields[SchemaMapping::time].member = "at";
  mapping.fields[SchemaMapping::type] = {"kind", "usual"};
  mapping.fields[SchemaMapping::subject] = {"id", "nothing"};
  return mapping;
}

std::size_t elements(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  return parser.parse(text.data(), text.size()).get_array().get(array) == simdjson::SUCCESS ? array.size() : 0;
}

void check(std::string_view body, const SchemaMapping& mapping) {
  static Conversion conversion(20);
  static events::Intake intake;
  if (const auto problem = conversion.read(body, mapping, {"/topics/orders", 1'767'322'800'000})) {
    require(!problem->message.empty() && problem->status >= 400, "a refusal says why");
    return;
  }
  require(is_json(body), "what is taken is JSON");
  require(is_json(conversion.batch()), "and becomes JSON");
  const trellis_pair type{trellis::view("content-type"), trellis::view("application/cloudevents-batch+json")};
  if (intake.read({&type, 1}, conversion.batch(), Conversion::kReadable) != nullptr) return;
  const std::size_t count = elements(body);  // 0 where a number is beyond that reader
  require(count == 0 || intake.events().size() == count, "no event is lost");
  for (const events::Event& event : intake.events())
    require(!event.id.empty() && !event.type.empty(), "an event is one");
}

}  // namespace

// The first byte says the schema.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static const SchemaMapping own = SchemaMapping::event_grid();
  static const SchemaMapping other = custom();
  check(text, data[0] == 'c' ? other : own);
  return 0;
}
