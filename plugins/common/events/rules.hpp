/// What CloudEvents 1.0 asks of the values of its attributes.
#pragma once

#include <string_view>

namespace events {

/// RFC 3339, with a zone: "2026-01-02T03:04:05.678Z".
bool is_timestamp(std::string_view text) noexcept;
/// Characters and percent-encodings of RFC 3986, not empty. Letters beyond ASCII pass, as in IRIs, and so does a colon
/// in the first segment ("10.0.0.7:8080"): publishers write both, and nobody here resolves them.
bool is_uri_reference(std::string_view text) noexcept;
/// A URI reference that begins with a scheme.
bool is_uri(std::string_view text) noexcept;
/// "type/subtype", and whatever parameters behind ';'.
bool is_media_type(std::string_view text) noexcept;
/// Small letters and digits, not empty, and not "data".
bool is_attribute_name(std::string_view name) noexcept;
/// As JSON writes it, within 32 bits.
bool is_integer(std::string_view token) noexcept;
/// A traceparent of W3C Trace Context, of version 00 or a later one.
bool is_traceparent(std::string_view text) noexcept;

}  // namespace events
