// The visitor that decodes. Included by messages/*.cc only.
#pragma once

#include <algorithm>

#include "wire/field.h"
#include "wire/field_types.h"
#include "wire/reader.h"
#include "wire/unknown_tags.h"

namespace meerkat::wire {

/// Bytes that a struct takes at least, to know how many of them can possibly follow.
class MinimalSize {
 public:
  MinimalSize(int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

  template <class M>
  size_t of_struct() {
    total_ = flexible_ ? 1 : 0;
    M::fields(kDefaults<M>, *this);
    return total_;
  }
  template <class T, class... Options>
  void operator()(const char* name, const T& value, Options... options) {
    if (FieldSpec(name, options...).versions.has(version_)) total_ += of(value);
  }
  template <class T, class... Options>
  void tag(int32_t, const char*, const T&, Options...) {}

 private:
  template <class T>
  size_t of(const T&) const {
    if constexpr (kIsNumber<T>)
      return sizeof(T);
    else if constexpr (std::is_same_v<T, Uuid>)
      return 16;
    else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::optional<std::string>>)
      return flexible_ ? 1 : 2;
    else if constexpr (kIsStruct<T>)
      return MinimalSize(version_, flexible_).of_struct<T>();
    else if constexpr (kIsOptional<T>)
      return of_optional<typename T::value_type>();
    else
      return flexible_ ? 1 : 4;
  }
  template <class T>
  size_t of_optional() const {
    return kIsStruct<T> || flexible_ ? 1 : 4;
  }

  int16_t version_;
  bool flexible_;
  size_t total_ = 0;
};

/// Reads fields in the order of the wire. `flexible`: compact lengths, and tagged fields after each struct.
class FieldReader {
 public:
  FieldReader(Reader& in, int16_t version, bool flexible, UnknownTags* unknown)
      : in_(in), version_(version), flexible_(flexible), unknown_(unknown) {}

  template <class M>
  void read_struct(M& m) {
    M::fields(m, *this);
    if (flexible_) read_tags(m);
  }

  template <class T, class... Options>
  void operator()(const char* name, T& value, Options... options) {
    const FieldSpec spec(name, options...);
    if (spec.versions.has(version_)) read(name, value, spec.nullable_first <= version_, spec.is_never_compact);
  }
  template <class T, class... Options>
  void tag(int32_t, const char*, T&, Options...) {}

 private:
  /// Visits the fields of a struct for the one that has a given tag.
  struct TagReader {
    FieldReader& reader;
    int32_t wanted;
    bool found = false;

    template <class T, class... Options>
    void operator()(const char*, T&, Options...) {}
    template <class T, class... Options>
    void tag(int32_t number, const char* name, T& value, Options... options) {
      if (number != wanted) return;
      found = true;
      const FieldSpec spec(name, options...);
      if (!spec.versions.has(reader.version_)) return reader.in_.fail(name, "is a tagged field of a later version");
      reader.read(name, value, spec.nullable_first <= reader.version_, false);
    }
  };

  template <class M>
  void read_tags(M& m) {
    // As in Kafka, the size that stands before a tagged field counts only where the tag is unknown.
    auto count = static_cast<int32_t>(in_.uvarint("tagged fields"));
    for (int32_t i = 0; i < count && !in_.failed(); ++i) {
      uint32_t number = in_.uvarint("tag");
      uint32_t size = in_.uvarint("size of a tagged field");
      TagReader visitor{*this, static_cast<int32_t>(number)};
      M::fields(m, visitor);
      if (visitor.found) continue;
      ByteView data = in_.bytes("unknown tagged field", size);
      if (unknown_ != nullptr && !in_.failed()) unknown_->add(m, number, data);
    }
  }

  template <class T>
  void read(const char* name, T& value, bool nullable, bool never_compact) {
    if constexpr (kIsNumber<T>) {
      value = number<T>(name);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      read_uuid(name, value);
    } else if constexpr (std::is_same_v<T, RecordsField>) {
      int32_t length = length32(name);
      value.null = length < 0;
      if (length > 0) value.view = in_.bytes(name, static_cast<size_t>(length));
    } else if constexpr (kIsStruct<T>) {
      read_struct(value);
    } else if constexpr (kIsOptional<T>) {
      read_optional(name, value, nullable, never_compact);
    } else {
      read_sized(name, value, length_of<T>(name, never_compact));
    }
  }

  template <class T>
  void read_optional(const char* name, std::optional<T>& value, bool nullable, bool never_compact) {
    int32_t length = 0;
    if constexpr (kIsStruct<T>)
      length = in_.number<int8_t>(name);
    else
      length = length_of<T>(name, never_compact);
    if (length < 0) {
      if (!nullable) return in_.fail(name, "is null but must not be");
      return value.reset();
    }
    if constexpr (kIsStruct<T>)
      read_struct(value.emplace());
    else
      read_sized(name, value.emplace(), length);
  }

  template <class T>
  int32_t length_of(const char* name, bool never_compact) {
    if constexpr (std::is_same_v<T, std::string>)
      return flexible_ && !never_compact ? in_.compact_length(name) : in_.number<int16_t>(name);
    else
      return length32(name);
  }
  int32_t length32(const char* name) { return flexible_ ? in_.compact_length(name) : in_.number<int32_t>(name); }

  /// Strings, bytes and arrays, once their length is known.
  template <class T>
  void read_sized(const char* name, T& value, int32_t length) {
    if (length < 0) return in_.fail(name, "is null but must not be");
    auto size = static_cast<size_t>(length);
    if constexpr (std::is_same_v<T, std::string>) {
      if (length > 0x7fff) return in_.fail(name, "is a string of more than 32767 bytes");
      in_.text(name, size, value);
    } else if constexpr (std::is_same_v<T, Bytes>) {
      ByteView view = in_.bytes(name, size);
      value.assign(view.begin(), view.end());
    } else {
      read_elements(name, value, size);
    }
  }

  template <class T>
  void read_elements(const char* name, std::vector<T>& values, size_t count) {
    if (count > in_.remaining() / std::max<size_t>(minimal_element<T>(), 1))
      return in_.fail(name, "claims more elements than there are bytes");
    values.clear();
    values.resize(count);
    for (T& value : values) {
      read_element(name, value);
      if (in_.failed()) return;
    }
  }

  template <class T>
  void read_element(const char* name, T& value) {
    if constexpr (std::is_same_v<T, std::string>)
      read_sized(name, value, length_of<T>(name, false));
    else
      read(name, value, false, false);
  }

  template <class T>
  size_t minimal_element() const {
    if constexpr (kIsNumber<T> || std::is_same_v<T, Uuid>)
      return sizeof(T);
    else if constexpr (std::is_same_v<T, std::string>)
      return flexible_ ? 1 : 2;
    else
      return MinimalSize(version_, flexible_).of_struct<T>();
  }

  template <class T>
  T number(const char* name) {
    if constexpr (std::is_enum_v<T>)
      return static_cast<T>(in_.number<std::underlying_type_t<T>>(name));
    else
      return in_.number<T>(name);
  }
  void read_uuid(const char* name, Uuid& value) {
    ByteView view = in_.bytes(name, sizeof value.bytes);
    if (!view.empty()) std::copy(view.begin(), view.end(), value.bytes.begin());
  }

  Reader& in_;
  int16_t version_;
  bool flexible_;
  UnknownTags* unknown_;
};

}  // namespace meerkat::wire
