// What the tests of the config room share.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <trellis/schema/document.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/schema.hpp>
#include <trellis/schema/secrets.hpp>
#include <trellis/schema/validate.hpp>

namespace trellis::schema::testing {

inline std::string golden_folder() { return TRELLIS_GOLDEN_CONFIG; }

inline std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline Schema make_schema(const std::string& text) {
  Diagnostics diagnostics;
  auto schema = Schema::parse(text, "test schema", diagnostics);
  EXPECT_TRUE(schema) << diagnostics.text();
  return *schema;
}

inline Document make_document(const std::string& text) {
  Diagnostics diagnostics;
  auto document = Document::parse(text, "t.json", diagnostics);
  EXPECT_TRUE(document && diagnostics.ok()) << diagnostics.text();
  return *document;
}

/// Everything the program does to a file before it uses it; the result is only for the eye.
struct Checked {
  Diagnostics diagnostics;
  Json::Value value;
};

inline Checked check(const std::string& text, const Schema& schema, const SecretSources& sources = {}) {
  Checked out;
  auto document = Document::parse(text, "t.json", out.diagnostics);
  if (document) {
    substitute_secrets(*document, sources, out.diagnostics);
    out.value = validate(*document, schema, out.diagnostics);
    out.value = document->redact(out.value);
  }
  out.diagnostics.sort();
  return out;
}

}  // namespace trellis::schema::testing
