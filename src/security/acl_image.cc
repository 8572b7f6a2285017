#include "security/acl_image.h"

#include <algorithm>
#include <cassert>

#include "absl/container/flat_hash_set.h"

namespace meerkat::security {
namespace {

size_t slot(ResourceType type, PatternType pattern) {
  assert(static_cast<size_t>(type) < 8 && (pattern == PatternType::literal || pattern == PatternType::prefixed));
  return 2 * static_cast<size_t>(type) + (pattern == PatternType::prefixed ? 1 : 0);
}

bool concerns(const AccessControlEntry& entry, const Subject& subject) {
  return (entry.principal == subject.principal || entry.principal == kWildcardPrincipal) &&
         (entry.host == subject.host || entry.host == kWildcardHost);
}

bool covers(Operation granted, Operation asked) { return granted == asked || granted == Operation::all; }

/// What an allow of `granted` is good for.
bool implies(Operation granted, Operation asked) {
  if (covers(granted, asked)) return true;
  if (asked == Operation::describe) {
    return granted == Operation::read || granted == Operation::write || granted == Operation::remove ||
           granted == Operation::alter;
  }
  return asked == Operation::describe_configs && granted == Operation::alter_configs;
}

/// What the ACLs looked at so far amount to.
struct Tally {
  bool any = false;
  bool allowed = false;
  bool denied = false;

  void add(const ResourceAcls& acls, const Subject& subject, Operation asked) {
    any = true;
    for (const auto& entry : acls.entries) {
      if (!concerns(entry, subject)) continue;
      if (entry.permission == Permission::deny) {
        denied = denied || covers(entry.operation, asked);
      } else if (entry.permission == Permission::allow) {
        allowed = allowed || implies(entry.operation, asked);
      }
    }
  }
};

}  // namespace

AclImage::AclImage() { patterns_.fill(std::make_shared<const Patterns>()); }

const AclImage::Patterns& AclImage::literals(ResourceType type) const {
  return *patterns_[slot(type, PatternType::literal)];
}
const AclImage::Patterns& AclImage::prefixes(ResourceType type) const {
  return *patterns_[slot(type, PatternType::prefixed)];
}

Verdict AclImage::decide(const Subject& subject, Operation operation, ResourceType type, std::string_view name) const {
  Tally tally;
  const Patterns& literal = literals(type);
  if (const auto* acls = literal.by_name.find(name)) tally.add(**acls, subject, operation);
  if (const auto* acls = literal.by_name.find(kWildcardResource)) tally.add(**acls, subject, operation);
  const Patterns& prefixed = prefixes(type);
  for (const auto& [length, count] : prefixed.lengths) {
    if (length > name.size()) break;
    if (const auto* acls = prefixed.by_name.find(name.substr(0, length))) tally.add(**acls, subject, operation);
  }
  if (!tally.any) return Verdict::no_acls;
  return tally.allowed && !tally.denied ? Verdict::allowed : Verdict::denied;
}

bool AclImage::allows_any(const Subject& subject, Operation operation, ResourceType type, bool by_default) const {
  using Names = absl::flat_hash_set<std::string_view>;
  auto names = [&](const Patterns& patterns, Permission permission) {
    Names found;
    patterns.by_name.for_each([&](const std::string& name, const auto& acls) {
      for (const auto& entry : acls->entries) {
        if (entry.permission == permission && concerns(entry, subject) && covers(entry.operation, operation)) {
          found.insert(name);
        }
      }
    });
    return found;
  };
  const Names denied = names(literals(type), Permission::deny);
  if (denied.contains(kWildcardResource)) return false;
  if (by_default) return true;
  const Names denied_prefixes = names(prefixes(type), Permission::deny);
  auto is_free = [&](std::string_view name) {
    for (size_t length = 1; length <= name.size(); ++length) {
      if (denied_prefixes.contains(name.substr(0, length))) return false;
    }
    return true;
  };
  for (std::string_view name : names(literals(type), Permission::allow)) {
    if (name == kWildcardResource || (!denied.contains(name) && is_free(name))) return true;
  }
  const Names allowed_prefixes = names(prefixes(type), Permission::allow);
  return std::any_of(allowed_prefixes.begin(), allowed_prefixes.end(), is_free);
}

const ResourceAcls* AclImage::find(const ResourcePattern& resource) const {
  const auto* acls = patterns_[slot(resource.type, resource.pattern)]->by_name.find(resource.name);
  return acls == nullptr ? nullptr : acls->get();
}

std::vector<ResourcePattern> AclImage::resources() const {
  std::vector<ResourcePattern> all;
  for (ResourceType type : kResourceTypes) {
    for (PatternType pattern : kPatternTypes) {
      patterns_[slot(type, pattern)]->by_name.for_each([&](const std::string& name, const auto&) {
        all.push_back({type, name, pattern});
      });
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<AclBinding> AclImage::matching(const AclFilter& filter) const {
  std::vector<AclBinding> found;
  for (const auto& resource : resources()) {
    if (!filter.matches(resource)) continue;
    for (const auto& entry : find(resource)->entries) {
      if (filter.matches(entry)) found.push_back({resource, entry});
    }
  }
  return found;
}

std::shared_ptr<const AclImage> AclImage::with(const Changes& changes) const {
  auto next = std::make_shared<AclImage>(*this);
  std::map<size_t, std::vector<const Changes::value_type*>> by_slot;
  for (const auto& change : changes) by_slot[slot(change.first.type, change.first.pattern)].push_back(&change);
  for (const auto& [index, own] : by_slot) {
    const Patterns& old = *patterns_[index];
    decltype(Patterns::by_name)::Editor editor(old.by_name);
    auto patterns = std::make_shared<Patterns>();
    patterns->lengths = old.lengths;
    for (const auto* change : own) {
      const auto& [resource, acls] = *change;
      const size_t length = resource.name.size();
      const bool had = editor.find(resource.name) != nullptr;
      if (acls.entries.empty()) {
        editor.erase(resource.name);
        if (had && --patterns->lengths[length] == 0) patterns->lengths.erase(length);
      } else {
        editor.set(resource.name, std::make_shared<const ResourceAcls>(acls));
        if (!had) ++patterns->lengths[length];
      }
    }
    patterns->by_name = std::move(editor).finish();
    next->patterns_[index] = std::move(patterns);
  }
  return next;
}

}  // namespace meerkat::security
