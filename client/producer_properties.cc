#include "client/producer_properties.h"

#include <functional>

#include "absl/strings/numbers.h"

namespace meerkat::client {
namespace {

using Setter = std::function<bool(const std::string&, ProducerOptions&)>;

template <class Field>
Setter number(Field field) {
  return [field](const std::string& text, ProducerOptions& options) {
    int64_t value = 0;
    if (!absl::SimpleAtoi(text, &value) || value < 0) return false;
    auto& target = field(options);
    target = std::remove_reference_t<decltype(target)>(value);
    return true;
  };
}

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> kSetters = {
      {"acks",
       [](const std::string& text, ProducerOptions& o) {
         if (text != "all" && text != "-1" && text != "0" && text != "1") return false;
         o.acks = text == "0" ? 0 : text == "1" ? 1 : -1;
         return true;
       }},
      {"batch.size", number([](auto& o) -> auto& { return o.batch_size; })},
      {"buffer.memory", number([](auto& o) -> auto& { return o.buffer_memory; })},
      {"compression.type",
       [](const std::string& text, ProducerOptions& o) {
         using record::Codec;
         for (Codec c : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
           if (text == record::name(c)) return o.compression = c, true;
         }
         return false;
       }},
      {"delivery.timeout.ms", number([](auto& o) -> auto& { return o.delivery_timeout; })},
      {"enable.idempotence",
       [](const std::string& text, ProducerOptions& o) {
         o.enable_idempotence = text == "true";
         return text == "true" || text == "false";
       }},
      {"linger.ms", number([](auto& o) -> auto& { return o.linger; })},
      {"max.block.ms", number([](auto& o) -> auto& { return o.max_block; })},
      {"request.timeout.ms", number([](auto& o) -> auto& { return o.request_timeout; })},
      {"retry.backoff.ms", number([](auto& o) -> auto& { return o.retry_backoff; })},
      {"transaction.timeout.ms", number([](auto& o) -> auto& { return o.transaction_timeout; })},
      {"transactional.id",
       [](const std::string& text, ProducerOptions& o) {
         o.transactional_id = text;
         return !text.empty();
       }},
  };
  return kSetters;
}

}  // namespace

Status set_properties(const std::map<std::string, std::string>& properties, ProducerOptions& options) {
  for (const auto& [key, value] : properties) {
    auto setter = setters().find(key);
    if (setter == setters().end()) return fail("there is no producer property '" + key + "'");
    if (!setter->second(value, options)) return fail("'" + value + "' is no value for " + key);
  }
  return {};
}

}  // namespace meerkat::client
