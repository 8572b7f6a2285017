// Tagged fields that no version we know has: skipped unless somebody wants to pass a message on unchanged.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace meerkat::wire {

/// Keeps unknown tagged fields beside a decoded message, by the struct that they stood in. Holds for as long as the
/// message stays where it was decoded. Owned by the caller, one thread.
class UnknownTags {
 public:
  using Tags = std::vector<std::pair<uint32_t, Bytes>>;

  /// A struct is known by its address and its type, for its first member may be a struct at the same address.
  template <class M>
  void add(const M& owner, uint32_t tag, ByteView data) {
    of_[key(owner)].emplace_back(tag, Bytes(data.begin(), data.end()));
  }
  /// The tags of a struct in the order they came; null if it has none.
  template <class M>
  const Tags* find(const M& owner) const {
    auto found = of_.find(key(owner));
    return found == of_.end() ? nullptr : &found->second;
  }
  /// The same by the key's parts, for code that knows types at run time only.
  const Tags* find(const void* owner, const void* type) const {
    auto found = of_.find({owner, type});
    return found == of_.end() ? nullptr : &found->second;
  }
  void add(const void* owner, const void* type, uint32_t tag, Bytes data) {
    of_[{owner, type}].emplace_back(tag, std::move(data));
  }
  bool empty() const { return of_.empty(); }

  /// The type's part of the key.
  template <class M>
  static const void* type() {
    return &kTypeMark<M>;
  }

 private:
  using Key = std::pair<const void*, const void*>;
  template <class M>
  static constexpr char kTypeMark = 0;
  template <class M>
  static Key key(const M& owner) {
    return {&owner, type<M>()};
  }

  std::map<Key, Tags> of_;
};

}  // namespace meerkat::wire
