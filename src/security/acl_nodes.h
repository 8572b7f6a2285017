// Between ACLs as values and what their znodes hold.
#pragma once

#include <string>

#include "security/acl_image.h"
#include "zk/types.h"

namespace meerkat::zk {
struct Response;
}

namespace meerkat::security {

/// The root of all patterns of a type, and the folder of their change notifications.
const char* acl_root(PatternType pattern);
const char* change_folder(PatternType pattern);

std::string encode_entries(const std::vector<AccessControlEntry>& entries);
/// What an answer to a Get says of a resource: its ACLs; none and version -1 if there is no node.
zk::ZkResult<ResourceAcls> decode_entries(const zk::Response& response);

std::string encode_change(const ResourcePattern& resource);
/// `pattern`: of the folder in which the notification lies.
Result<ResourcePattern> decode_change(PatternType pattern, const std::string& path, const std::string& data);

}  // namespace meerkat::security
