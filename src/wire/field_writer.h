// The visitor that encodes. Included by messages/*.cc only.
#pragma once

#include "wire/field.h"
#include "wire/field_types.h"
#include "wire/writer.h"

namespace meerkat::wire {

/// Writes fields in the order of the wire, then the tagged ones that differ from their default, by rising tag.
class FieldWriter {
 public:
  explicit FieldWriter(Writer& out) : out_(out), version_(out.version()), flexible_(out.flexible()) {}

  template <class M>
  void write_struct(const M& m) {
    Fields<M> fields{*this, m};
    M::fields(m, fields);
    if (flexible_) write_tags(m);
  }

 private:
  template <class M>
  struct Fields {
    FieldWriter& writer;
    const M& owner;

    template <class T, class... Options>
    void operator()(const char* name, const T& value, Options... options) {
      const FieldSpec spec(name, options...);
      if (spec.versions.has(writer.version_))
        writer.write(name, value, spec.nullable_first <= writer.version_, spec.is_never_compact);
      else if (!spec.is_ignorable && !equals_default_of(value))
        writer.out_.fail(name, "cannot be said");
    }
    template <class T, class... Options>
    void tag(int32_t, const char* name, const T& value, Options... options) {
      const FieldSpec spec(name, options...);
      if (!spec.versions.has(writer.version_) && !spec.is_ignorable && !equals_default_of(value))
        writer.out_.fail(name, "cannot be said");
    }

   private:
    template <class T>
    bool equals_default_of(const T& value) const {
      return equals_default(value, default_of(owner, value));
    }
  };

  /// Counts (first pass) and writes (second pass) tagged fields.
  template <class M>
  struct Tags {
    FieldWriter& writer;
    const M& owner;
    bool writing = false;
    uint32_t count = 0;

    template <class T, class... Options>
    void operator()(const char*, const T&, Options...) {}
    template <class T, class... Options>
    void tag(int32_t number, const char* name, const T& value, Options... options) {
      const FieldSpec spec(name, options...);
      if (!spec.versions.has(writer.version_)) return;
      if (equals_default(value, default_of(owner, value)) && !writer.keeps_unknown(value)) return;
      ++count;
      if (!writing) return;
      writer.out_.uvarint(static_cast<uint32_t>(number));
      size_t start = writer.out_.begin_sized();
      writer.write(name, value, spec.nullable_first <= writer.version_, false);
      writer.out_.end_sized(start);
    }
  };

  template <class M>
  void write_tags(const M& m) {
    Tags<M> tags{*this, m};
    M::fields(m, tags);
    const UnknownTags::Tags* unknown = out_.unknown() ? out_.unknown()->find(m) : nullptr;
    out_.uvarint(tags.count + static_cast<uint32_t>(unknown ? unknown->size() : 0));
    if (tags.count > 0) {
      tags.writing = true;
      M::fields(m, tags);
    }
    if (unknown == nullptr) return;
    uint32_t next = 0;
    for (const auto& [number, data] : *unknown) {
      if (number < next) out_.fail("unknown tagged fields", "do not rise");
      next = number + 1;
      out_.uvarint(number);
      out_.uvarint(static_cast<uint32_t>(data.size()));
      out_.bytes(data);
    }
  }

  /// A tagged struct with nothing but defaults is there all the same if tags that we do not know stand in it.
  template <class T>
  bool keeps_unknown(const T& value) const {
    if constexpr (kIsStruct<T>) return out_.unknown() != nullptr && out_.unknown()->find(value) != nullptr;
    return false;
  }

  template <class T>
  void write(const char* name, const T& value, bool nullable, bool never_compact) {
    if constexpr (kIsNumber<T>) {
      write_number(value);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      out_.bytes(value.bytes.data(), value.bytes.size());
    } else if constexpr (std::is_same_v<T, RecordsField>) {
      int64_t size = value.size();
      if (size > 0x7fffffff - 1) return out_.fail(name, "has more than 2 GB of records");
      length32(value.null && size == 0 ? -1 : static_cast<int32_t>(size));
      out_.records(value);
    } else if constexpr (kIsStruct<T>) {
      write_struct(value);
    } else if constexpr (kIsOptional<T>) {
      write_optional(name, value, nullable, never_compact);
    } else {
      write_sized(name, value, never_compact);
    }
  }

  template <class T>
  void write_optional(const char* name, const std::optional<T>& value, bool nullable, bool never_compact) {
    if (!value && !nullable) {
      out_.fail(name, "must not be null");
      return write(name, T{}, false, never_compact);
    }
    if constexpr (kIsStruct<T>) {
      out_.number<int8_t>(value ? 1 : -1);
      if (value) write_struct(*value);
    } else {
      if (value) return write_sized(name, *value, never_compact);
      if constexpr (std::is_same_v<T, std::string>)
        length16(-1, never_compact);
      else
        length32(-1);
    }
  }

  template <class T>
  void write_sized(const char* name, const T& value, bool never_compact) {
    if constexpr (std::is_same_v<T, std::string>) {
      size_t size = value.size();
      if (size > 0x7fff) [[unlikely]] {
        out_.fail(name, "is a string of more than 32767 bytes");
        size = 0x7fff;
      }
      length16(static_cast<int32_t>(size), never_compact);
      out_.bytes(value.data(), size);
    } else {
      length32(static_cast<int32_t>(value.size()));
      if constexpr (std::is_same_v<T, Bytes>)
        out_.bytes(value);
      else
        for (const auto& element : value) write(name, element, false, false);
    }
  }

  template <class T>
  void write_number(T value) {
    if constexpr (std::is_enum_v<T>)
      out_.number(static_cast<std::underlying_type_t<T>>(value));
    else
      out_.number(value);
  }
  void length16(int32_t length, bool never_compact) {
    if (flexible_ && !never_compact)
      out_.uvarint(static_cast<uint32_t>(length + 1));
    else
      out_.number(static_cast<int16_t>(length));
  }
  void length32(int32_t length) {
    if (flexible_)
      out_.uvarint(static_cast<uint32_t>(length + 1));
    else
      out_.number(length);
  }

  Writer& out_;
  int16_t version_;
  bool flexible_;
};

}  // namespace meerkat::wire
