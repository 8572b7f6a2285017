// Messages seen at run time: which fields there are and how to reach them. For JSON, dumps and tests; the hot path uses
// the visitors of codec_impl.h.
#pragma once

#include <cassert>
#include <cstddef>
#include <string_view>
#include <vector>

#include "wire/field.h"
#include "wire/field_types.h"
#include "wire/unknown_tags.h"

namespace meerkat::wire {

enum class Kind { boolean, int8, int16, uint16, int32, int64, float64, string, bytes, uuid, records, array, structure };

struct StructInfo;

/// A type of a field, and how to handle values of it through untyped pointers. Lives for ever.
struct TypeInfo {
  Kind kind;
  bool nullable = false;                       // the member is a std::optional
  const TypeInfo* element = nullptr;           // of arrays
  const StructInfo* (*structure)() = nullptr;  // of structs

  const void* (*get)(const void* value);  // the value itself, out of an optional; null if it is null
  void* (*emplace)(void* value);          // makes an optional hold a default value; the place of it
  void (*set_null)(void* value) = nullptr;
  size_t (*count)(const void* value) = nullptr;  // of arrays, out of the optional already
  const void* (*at)(const void* value, size_t index) = nullptr;
  void (*resize)(void* value, size_t count) = nullptr;
};

struct FieldInfo {
  FieldSpec spec;
  const TypeInfo* type;
  ptrdiff_t offset;

  const void* in(const void* owner) const { return static_cast<const char*>(owner) + offset; }
  void* in(void* owner) const { return static_cast<char*>(owner) + offset; }
};

struct StructInfo {
  std::string_view name;
  const void* mark;      // UnknownTags::type
  const void* defaults;  // an instance with all defaults
  std::vector<FieldInfo> fields;
};

/// A whole message.
struct MessageInfo {
  const StructInfo* structure;
  Versions versions;
  int16_t first_flexible;
};

template <class M>
const StructInfo* struct_info();

namespace detail {

template <class T>
constexpr Kind kind_of() {
  if constexpr (std::is_same_v<T, bool>)
    return Kind::boolean;
  else if constexpr (std::is_same_v<T, int8_t>)
    return Kind::int8;
  else if constexpr (std::is_same_v<T, int16_t> || std::is_same_v<T, ErrorCode>)
    return Kind::int16;
  else if constexpr (std::is_same_v<T, uint16_t>)
    return Kind::uint16;
  else if constexpr (std::is_same_v<T, int32_t>)
    return Kind::int32;
  else if constexpr (std::is_same_v<T, int64_t>)
    return Kind::int64;
  else if constexpr (std::is_same_v<T, double>)
    return Kind::float64;
  else if constexpr (std::is_same_v<T, std::string>)
    return Kind::string;
  else if constexpr (std::is_same_v<T, Bytes>)
    return Kind::bytes;
  else if constexpr (std::is_same_v<T, Uuid>)
    return Kind::uuid;
  else if constexpr (std::is_same_v<T, RecordsField>)
    return Kind::records;
  else if constexpr (kIsVector<T>)
    return Kind::array;
  else
    return Kind::structure;
}

template <class T>
const TypeInfo* type_info();

template <class T>
TypeInfo plain_type() {
  TypeInfo type{kind_of<T>()};
  type.get = [](const void* value) { return value; };
  type.emplace = [](void* value) { return value; };
  if constexpr (kIsArray<T>) {
    type.element = type_info<typename T::value_type>();
    type.count = [](const void* value) { return static_cast<const T*>(value)->size(); };
    type.at = [](const void* value, size_t i) -> const void* { return &(*static_cast<const T*>(value))[i]; };
    type.resize = [](void* value, size_t n) { static_cast<T*>(value)->resize(n); };
  }
  if constexpr (kIsStruct<T>) type.structure = &struct_info<T>;
  return type;
}

template <class T>
TypeInfo make_type() {
  if constexpr (kIsOptional<T>) {
    TypeInfo type = plain_type<typename T::value_type>();
    type.nullable = true;
    type.get = [](const void* value) -> const void* {
      auto& optional = *static_cast<const T*>(value);
      return optional ? &*optional : nullptr;
    };
    type.emplace = [](void* value) -> void* { return &static_cast<T*>(value)->emplace(); };
    type.set_null = [](void* value) { static_cast<T*>(value)->reset(); };
    return type;
  } else {
    return plain_type<T>();
  }
}

template <class T>
const TypeInfo* type_info() {
  static const TypeInfo type = make_type<T>();
  return &type;
}

struct FieldCollector {
  StructInfo& out;
  const void* owner;

  template <class T, class... Options>
  void operator()(const char* name, const T& value, Options... options) {
    add(FieldSpec(name, options...), value);
  }
  template <class T, class... Options>
  void tag(int32_t number, const char* name, const T& value, Options... options) {
    FieldSpec spec(name, options...);
    spec.tag = number;
    add(spec, value);
  }
  template <class T>
  void add(const FieldSpec& spec, const T& value) {
    auto offset = reinterpret_cast<const char*>(&value) - static_cast<const char*>(owner);
    out.fields.push_back({spec, type_info<T>(), offset});
  }
};

}  // namespace detail

template <class M>
const StructInfo* struct_info() {
  static const StructInfo info = [] {
    StructInfo made{type_name<M>(), UnknownTags::type<M>(), &kDefaults<M>, {}};
    detail::FieldCollector collector{made, &kDefaults<M>};
    M::fields(kDefaults<M>, collector);
    return made;
  }();
  return &info;
}

template <class M>
MessageInfo message_info() {
  return {struct_info<M>(), M::kVersions, M::kFlexible};
}

}  // namespace meerkat::wire
