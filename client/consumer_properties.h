// A consumer's options under the names that Kafka's consumer.properties have.
#pragma once

#include <map>
#include <string>

#include "client/consumer.h"

namespace meerkat::client {

/// Sets what `properties` name; an error names a key that there is not, or a value that does not fit it.
Status set_properties(const std::map<std::string, std::string>& properties, ConsumerOptions& options);

}  // namespace meerkat::client
