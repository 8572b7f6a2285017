// A producer's options under the names that Kafka's producer.properties have.
#pragma once

#include <map>
#include <string>

#include "client/producer.h"

namespace meerkat::client {

/// Sets what `properties` name; an error names a key that there is not, or a value that does not fit it.
Status set_properties(const std::map<std::string, std::string>& properties, ProducerOptions& options);

}  // namespace meerkat::client
