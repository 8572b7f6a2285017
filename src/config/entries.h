// Keys and their values in text, as they stand in a file, on the command line or in a znode.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace meerkat::config {

using Entries = std::map<std::string, std::string, std::less<>>;

}  // namespace meerkat::config
