#include "wire/json.h"

#include <algorithm>
#include <limits>

#include "base/base64.h"
#include "nlohmann/json.hpp"

namespace meerkat::wire {
namespace {

using nlohmann::json;

constexpr const char* kUnknownTags = "_unknownTags";

/// "ThrottleTimeMs" is "throttleTimeMs" in JSON.
std::string json_name(const char* name) {
  std::string out = name;
  if (out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}
template <class T>
T& as(void* value) {
  return *static_cast<T*>(value);
}

bool same(const TypeInfo& type, const void* a, const void* b);

bool same_struct(const StructInfo& info, const void* a, const void* b) {
  return std::all_of(info.fields.begin(), info.fields.end(),
                     [&](const FieldInfo& f) { return same(*f.type, f.in(a), f.in(b)); });
}

/// Whether two values are equal, as far as defaults need it: arrays are equal only when both are empty.
bool same(const TypeInfo& type, const void* a, const void* b) {
  a = type.get(a);
  b = type.get(b);
  if (a == nullptr || b == nullptr) return a == b;
  switch (type.kind) {
    case Kind::boolean:
      return as<bool>(a) == as<bool>(b);
    case Kind::int8:
      return as<int8_t>(a) == as<int8_t>(b);
    case Kind::int16:
    case Kind::uint16:
      return as<int16_t>(a) == as<int16_t>(b);
    case Kind::int32:
      return as<int32_t>(a) == as<int32_t>(b);
    case Kind::int64:
      return as<int64_t>(a) == as<int64_t>(b);
    case Kind::float64:
      return as<double>(a) == as<double>(b);
    case Kind::string:
      return as<std::string>(a) == as<std::string>(b);
    case Kind::bytes:
      return as<Bytes>(a) == as<Bytes>(b);
    case Kind::uuid:
      return as<Uuid>(a) == as<Uuid>(b);
    case Kind::records:
      return as<RecordsField>(a).size() == 0 && as<RecordsField>(b).size() == 0;
    case Kind::array:
      return type.count(a) == 0 && type.count(b) == 0;
    case Kind::structure:
      return same_struct(*type.structure(), a, b);
  }
  return false;
}

/// `Json` keeps the order of the fields, or sorts them.
template <class Json>
class Printer {
 public:
  Printer(int16_t version, const UnknownTags* unknown) : version_(version), unknown_(unknown) {}

  Json print_struct(const StructInfo& info, const void* value) const {
    Json out = Json::object();
    for (const FieldInfo& field : info.fields) {
      if (!field.spec.versions.has(version_)) continue;
      if (field.spec.tag >= 0 && is_default(field, value, info.defaults)) continue;
      out[json_name(field.spec.name)] = print(*field.type, field.in(value));
    }
    const auto* tags = unknown_ ? unknown_->find(value, info.mark) : nullptr;
    if (tags == nullptr) return out;
    Json& kept = out[kUnknownTags] = Json::object();
    for (const auto& [number, data] : *tags) kept[std::to_string(number)] = to_base64(data);
    return out;
  }

 private:
  bool is_default(const FieldInfo& field, const void* owner, const void* defaults) const {
    const void* value = field.in(owner);
    if (!same(*field.type, value, field.in(defaults))) return false;
    return unknown_ == nullptr || field.type->kind != Kind::structure ||
           unknown_->find(value, field.type->structure()->mark) == nullptr;
  }

  Json print(const TypeInfo& type, const void* value) const {
    value = type.get(value);
    if (value == nullptr) return nullptr;
    switch (type.kind) {
      case Kind::boolean:
        return as<bool>(value);
      case Kind::int8:
        return as<int8_t>(value);
      case Kind::int16:
        return as<int16_t>(value);
      case Kind::uint16:
        return as<uint16_t>(value);
      case Kind::int32:
        return as<int32_t>(value);
      case Kind::int64:
        return as<int64_t>(value);
      case Kind::float64:
        return as<double>(value);
      case Kind::string:
        return as<std::string>(value);
      case Kind::bytes:
        return to_base64(as<Bytes>(value));
      case Kind::uuid:
        return as<Uuid>(value).to_string();
      case Kind::records:
        return print_records(as<RecordsField>(value));
      case Kind::structure:
        return print_struct(*type.structure(), value);
      case Kind::array:
        break;
    }
    Json out = Json::array();
    for (size_t i = 0; i < type.count(value); ++i) out.push_back(print(*type.element, type.at(value, i)));
    return out;
  }

  static Json print_records(const RecordsField& records) {
    if (records.null && records.size() == 0) return nullptr;
    Chain all;
    all.append(Bytes(records.view.begin(), records.view.end()));
    for (const FileRange& range : records.files) all.append(range);
    return to_base64(all.flatten());
  }

  int16_t version_;
  const UnknownTags* unknown_;
};

class Parser {
 public:
  Parser(int16_t version, UnknownTags* unknown) : version_(version), unknown_(unknown) {}

  bool parse_struct(const json& in, const StructInfo& info, void* out) {
    if (!in.is_object()) return refuse(std::string(info.name), "is no object");
    size_t seen = 0;
    for (const FieldInfo& field : info.fields) {
      std::string name = json_name(field.spec.name);
      auto found = in.find(name);
      if (found == in.end()) {
        if (field.spec.versions.has(version_) && field.spec.tag < 0) return refuse(name, "is missing");
        continue;
      }
      if (!field.spec.versions.has(version_)) return refuse(name, "is not in this version");
      ++seen;
      if (!parse(*found, *field.type, field.in(out))) return refuse(name, "has a value that does not fit");
    }
    if (auto tags = in.find(kUnknownTags); tags != in.end()) {
      ++seen;
      if (!parse_unknown(*tags, info, out)) return refuse(kUnknownTags, "has a value that does not fit");
    }
    return seen == in.size() || refuse(std::string(info.name), "has fields that are not in the schema");
  }

  const std::string& error() const { return error_; }

 private:
  bool refuse(const std::string& what, const char* why) {
    if (error_.empty()) error_ = what + ' ' + why;
    return false;
  }

  template <class T>
  static bool parse_integer(const json& in, void* out) {
    if (!in.is_number_integer()) return false;
    auto wide = in.get<int64_t>();
    if (wide < std::numeric_limits<T>::min() || wide > std::numeric_limits<T>::max()) return false;
    as<T>(out) = static_cast<T>(wide);
    return true;
  }

  static bool parse_bytes(const json& in, Bytes& out) {
    if (!in.is_string()) return false;
    auto bytes = from_base64(in.get_ref<const std::string&>());
    if (!bytes) return false;
    out = std::move(*bytes);
    return true;
  }

  static bool parse_records(const json& in, RecordsField& out) {
    out = {};
    out.null = in.is_null();
    if (out.null) return true;
    auto owned = std::make_shared<Bytes>();
    if (!parse_bytes(in, *owned)) return false;
    out.view = *owned;
    out.owner = std::move(owned);
    return true;
  }

  bool parse_unknown(const json& in, const StructInfo& info, void* out) {
    if (unknown_ == nullptr || !in.is_object()) return false;
    std::vector<std::pair<uint32_t, Bytes>> tags;
    for (const auto& [number, data] : in.items()) {
      if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos) return false;
      if (!parse_bytes(data, tags.emplace_back(std::stoul(number), Bytes{}).second)) return false;
    }
    std::sort(tags.begin(), tags.end());
    for (auto& [number, data] : tags) unknown_->add(out, info.mark, number, std::move(data));
    return true;
  }

  bool parse(const json& in, const TypeInfo& type, void* out) {
    if (type.kind == Kind::records) return parse_records(in, as<RecordsField>(out));
    if (in.is_null()) {
      if (type.nullable) type.set_null(out);
      return type.nullable;
    }
    out = type.emplace(out);
    switch (type.kind) {
      case Kind::boolean:
        if (!in.is_boolean()) return false;
        as<bool>(out) = in.get<bool>();
        return true;
      case Kind::int8:
        return parse_integer<int8_t>(in, out);
      case Kind::int16:
        return parse_integer<int16_t>(in, out);
      case Kind::uint16:
        return parse_integer<uint16_t>(in, out);
      case Kind::int32:
        return parse_integer<int32_t>(in, out);
      case Kind::int64:
        return parse_integer<int64_t>(in, out);
      case Kind::float64:
        if (!in.is_number()) return false;
        as<double>(out) = in.get<double>();
        return true;
      case Kind::string:
        if (!in.is_string()) return false;
        as<std::string>(out) = in.get<std::string>();
        return true;
      case Kind::bytes:
        return parse_bytes(in, as<Bytes>(out));
      case Kind::uuid: {
        auto id = in.is_string() ? Uuid::parse(in.get_ref<const std::string&>()) : std::nullopt;
        if (id) as<Uuid>(out) = *id;
        return id.has_value();
      }
      case Kind::structure:
        return parse_struct(in, *type.structure(), out);
      case Kind::records:
        return false;
      case Kind::array:
        break;
    }
    if (!in.is_array()) return false;
    type.resize(out, in.size());
    for (size_t i = 0; i < in.size(); ++i)
      if (!parse(in[i], *type.element, const_cast<void*>(type.at(out, i)))) return false;
    return true;
  }

  int16_t version_;
  UnknownTags* unknown_;
  std::string error_;
};

}  // namespace

json to_json(const MessageInfo& info, const void* message, int16_t version, const UnknownTags* unknown) {
  return Printer<json>(version, unknown).print_struct(*info.structure, message);
}

nlohmann::ordered_json to_ordered_json(const MessageInfo& info, const void* message, int16_t version) {
  return Printer<nlohmann::ordered_json>(version, nullptr).print_struct(*info.structure, message);
}

std::string json_text(const MessageInfo& info, const void* message, int16_t version) {
  return to_json(info, message, version).dump(-1, ' ', false, json::error_handler_t::replace);
}

Status from_json(const json& json, const MessageInfo& info, void* message, int16_t version, UnknownTags* unknown) {
  if (!info.versions.has(version)) return fail("there is no version " + std::to_string(version));
  Parser parser(version, unknown);
  if (!parser.parse_struct(json, *info.structure, message)) return fail(parser.error());
  return {};
}

}  // namespace meerkat::wire
