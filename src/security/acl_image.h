// All ACLs of the cluster at one moment: immutable, shared, replaced whole.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/persistent_map.h"
#include "security/acl.h"

namespace meerkat::security {

/// Who asks. Views: valid while the question is answered.
struct Subject {
  std::string_view principal;  // "User:alice"
  std::string_view host;       // the address, as Java prints it
};

/// The ACLs of one resource pattern.
struct ResourceAcls {
  std::vector<AccessControlEntry> entries;  // sorted, each once
  int32_t version = 0;                      // of the znode
};

/// What the ACLs say to a question.
enum class Verdict { allowed, denied, no_acls };

/// Reading takes no lock and allocates nothing. Copies share everything that they have in common.
class AclImage {
 public:
  AclImage();

  /// A deny wins over every allow. READ, WRITE, DELETE and ALTER imply DESCRIBE, ALTER_CONFIGS implies
  /// DESCRIBE_CONFIGS. `no_acls`: no ACL is about the resource, be it by name, prefix or wildcard.
  Verdict decide(const Subject& subject, Operation operation, ResourceType type, std::string_view name) const;
  /// Whether there is a resource of the type on which the subject may do that (KAFKA-10456, KIP-679): a resource,
  /// prefix or the wildcard with an allow that no deny covers whole. `by_default`: may it where no ACL says otherwise?
  bool allows_any(const Subject& subject, Operation operation, ResourceType type, bool by_default) const;

  /// The ACLs of a pattern, or null.
  const ResourceAcls* find(const ResourcePattern& resource) const;
  /// Every pattern that has ACLs, sorted.
  std::vector<ResourcePattern> resources() const;
  /// The ACLs that a filter matches, sorted.
  std::vector<AclBinding> matching(const AclFilter& filter) const;

  /// The next image: some patterns with other ACLs; those without entries are dropped.
  using Changes = std::vector<std::pair<ResourcePattern, ResourceAcls>>;
  std::shared_ptr<const AclImage> with(const Changes& changes) const;

 private:
  /// The patterns of one resource type and pattern type.
  struct Patterns {
    cluster::PersistentMap<std::string, std::shared_ptr<const ResourceAcls>, cluster::StringHash, std::equal_to<>>
        by_name;
    std::map<size_t, size_t> lengths;  // of names, and how many have it: which prefixes of a name to look for
  };
  const Patterns& literals(ResourceType type) const;
  const Patterns& prefixes(ResourceType type) const;

  static constexpr size_t kTypes = 8;
  std::array<std::shared_ptr<const Patterns>, 2 * kTypes> patterns_;  // never null
};

}  // namespace meerkat::security
