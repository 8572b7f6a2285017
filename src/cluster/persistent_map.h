// A hash map for immutable snapshots: the next version shares all shards that it did not touch with the one before.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"

namespace meerkat::cluster {

/// Hashes strings and views of them alike.
struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return absl::HashOf(s); }
};

/// Read-only once built; copying costs one reference count a shard. To make the next version, take an Editor: it
/// copies a shard when it is first written to, so that a small change to 100,000 entries copies a few hundred.
/// `Hash` and `Eq` may be transparent. Reading is thread-safe, as nobody ever writes to a shared shard.
template <class K, class V, class Hash = typename absl::flat_hash_map<K, V>::hasher,
          class Eq = typename absl::flat_hash_map<K, V>::key_equal>
class PersistentMap {
 public:
  static constexpr size_t kShards = 256;
  using Shard = absl::flat_hash_map<K, V, Hash, Eq>;

  /// The value, or null. The pointer lives as long as this version of the map.
  template <class Q>
  const V* find(const Q& key) const {
    const size_t hash = Hash{}(key);
    const auto& shard = shards_[shard_of(hash)];
    if (!shard) return nullptr;
    auto it = shard->find(key, hash);
    return it == shard->end() ? nullptr : &it->second;
  }

  size_t size() const { return size_; }

  /// Calls `visit(key, value)` for every entry, in no order.
  template <class F>
  void for_each(F&& visit) const {
    for (const auto& shard : shards_) {
      if (!shard) continue;
      for (const auto& [key, value] : *shard) visit(key, value);
    }
  }

  /// Builds the next version of a map; one thread.
  class Editor {
   public:
    explicit Editor(PersistentMap from) : map_(std::move(from)) {}

    template <class Q>
    const V* find(const Q& key) const {
      return map_.find(key);
    }
    void set(K key, V value) {
      Shard& shard = writable(shard_of(Hash{}(key)));
      if (shard.insert_or_assign(std::move(key), std::move(value)).second) ++map_.size_;
    }
    template <class Q>
    void erase(const Q& key) {
      if (!map_.find(key)) return;
      Shard& shard = writable(shard_of(Hash{}(key)));
      shard.erase(shard.find(key));
      --map_.size_;
    }
    PersistentMap finish() && { return std::move(map_); }

   private:
    Shard& writable(size_t index) {
      if (!own_[index]) {
        own_[index] = map_.shards_[index] ? std::make_shared<Shard>(*map_.shards_[index]) : std::make_shared<Shard>();
        map_.shards_[index] = own_[index];
      }
      return *own_[index];
    }

    PersistentMap map_;
    std::array<std::shared_ptr<Shard>, kShards> own_;
  };

 private:
  // The uppermost bits: within a shard the table tells entries apart by the lower ones.
  static size_t shard_of(size_t hash) { return hash >> (8 * sizeof hash - 8); }

  std::array<std::shared_ptr<const Shard>, kShards> shards_;
  size_t size_ = 0;
};

}  // namespace meerkat::cluster
