// What a message says about its fields: the versions that have them, null, tags, and what old versions may lose.
#pragma once

#include <cstdint>
#include <limits>

namespace meerkat::wire {

/// A closed range of versions; empty when last < first.
struct Versions {
  int16_t first = 0;
  int16_t last = std::numeric_limits<int16_t>::max();

  constexpr bool has(int16_t version) const { return first <= version && version <= last; }
  constexpr bool operator==(const Versions&) const = default;
};

constexpr Versions since(int16_t first) { return {first, std::numeric_limits<int16_t>::max()}; }
constexpr Versions between(int16_t first, int16_t last) { return {first, last}; }
constexpr Versions only(int16_t version) { return {version, version}; }

/// kFlexible of a message that has no version with compact encodings and tagged fields (KIP-482).
constexpr int16_t kNeverFlexible = std::numeric_limits<int16_t>::max();

/// For an optional field that may be null in some of its versions only.
struct NullableSince {
  int16_t first;
};
constexpr NullableSince nullable_since(int16_t first) { return {first}; }

/// A version that lacks the field simply does not carry it. Without this, losing a value other than the default is an
/// error: the receiver would act on something that the sender did not mean.
struct Ignorable {};
constexpr Ignorable ignorable{};

/// The field keeps its old (not compact) encoding in flexible versions too: the client id of the request header.
struct NeverCompact {};
constexpr NeverCompact never_compact{};

/// One field's declaration, gathered from what stands after it in fields().
struct FieldSpec {
  const char* name;
  Versions versions = since(0);
  int16_t nullable_first = 0;  // only looked at where the member is optional
  int32_t tag = -1;            // >= 0: a tagged field
  bool is_ignorable = false;
  bool is_never_compact = false;

  constexpr explicit FieldSpec(const char* n) : name(n) {}
  template <class... Options>
  constexpr FieldSpec(const char* n, Options... options) : name(n) {
    (set(options), ...);
  }

 private:
  constexpr void set(Versions v) { versions = v; }
  constexpr void set(NullableSince n) { nullable_first = n.first; }
  constexpr void set(Ignorable) { is_ignorable = true; }
  constexpr void set(NeverCompact) { is_never_compact = true; }
};

}  // namespace meerkat::wire
