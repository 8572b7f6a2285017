#include "nlohmann/json.hpp"
#include "wire/json.h"

namespace meerkat::wire {
namespace {

using nlohmann::json;

constexpr int16_t kOpen = std::numeric_limits<int16_t>::max();

/// "3", "3-5", "3+" or "none", closed to the range of the struct that the field stands in.
std::string text(Versions v) {
  if (v.last < v.first) return "none";
  if (v.last == kOpen) return std::to_string(v.first) + "+";
  if (v.first == v.last) return std::to_string(v.first);
  return std::to_string(v.first) + "-" + std::to_string(v.last);
}

Versions both(Versions a, Versions b) { return {std::max(a.first, b.first), std::min(a.last, b.last)}; }

std::string type_text(const TypeInfo& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "bool";
    case Kind::int8:
      return "int8";
    case Kind::int16:
      return "int16";
    case Kind::uint16:
      return "uint16";
    case Kind::int32:
      return "int32";
    case Kind::int64:
      return "int64";
    case Kind::float64:
      return "float64";
    case Kind::string:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::uuid:
      return "uuid";
    case Kind::records:
      return "records";
    case Kind::structure:
      return std::string(type.structure()->name);
    case Kind::array:
      return "[]" + type_text(*type.element);
  }
  return {};
}

/// The default where the protocol allows one to be declared: of numbers, bools and strings, and null.
json default_json(const FieldInfo& field, const void* defaults) {
  const void* value = field.type->get(field.in(defaults));
  if (value == nullptr) return "null";
  switch (field.type->kind) {
    case Kind::boolean:
      return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::int8:
      return std::to_string(*static_cast<const int8_t*>(value));
    case Kind::int16:
      return std::to_string(*static_cast<const int16_t*>(value));
    case Kind::uint16:
      return std::to_string(*static_cast<const uint16_t*>(value));
    case Kind::int32:
      return std::to_string(*static_cast<const int32_t*>(value));
    case Kind::int64:
      return std::to_string(*static_cast<const int64_t*>(value));
    case Kind::float64:
      return std::to_string(*static_cast<const double*>(value));
    case Kind::string:
      return *static_cast<const std::string*>(value);
    default:
      return json();
  }
}

json fields_json(const StructInfo& info, Versions within) {
  json out = json::array();
  for (const FieldInfo& field : info.fields) {
    Versions versions = both(field.spec.versions, within);
    json entry = {{"name", field.spec.name}, {"type", type_text(*field.type)}, {"versions", text(versions)}};
    bool records = field.type->kind == Kind::records;
    if (field.type->nullable || records)
      entry["nullableVersions"] = text(both(versions, since(field.spec.nullable_first)));
    if (field.spec.tag >= 0) {
      entry["tag"] = field.spec.tag;
      entry["taggedVersions"] = text(versions);
    }
    if (field.spec.is_ignorable) entry["ignorable"] = true;
    if (field.spec.is_never_compact) entry["flexibleVersions"] = "none";
    if (json value = default_json(field, info.defaults); !value.is_null()) entry["default"] = value;
    const TypeInfo* inner = field.type->element ? field.type->element : field.type;
    if (inner->structure != nullptr) entry["fields"] = fields_json(*inner->structure(), versions);
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace

json schema_json(const MessageInfo& info) {
  return {{"name", info.structure->name},
          {"validVersions", text(info.versions)},
          {"flexibleVersions", info.first_flexible == kNeverFlexible ? "none" : text(since(info.first_flexible))},
          {"fields", fields_json(*info.structure, info.versions)}};
}

}  // namespace meerkat::wire
