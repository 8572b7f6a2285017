// A client's address as Java prints it, which is how groups and ACLs have it.
#pragma once

#include <string>

namespace meerkat::api {

/// "127.0.0.1" as it is, "::1" as "0:0:0:0:0:0:0:1".
std::string java_address(const std::string& host);

}  // namespace meerkat::api
