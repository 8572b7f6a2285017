// What kafka-dump-log prints of a record's key and value.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "record/record.h"

namespace meerkat::storage {

/// What is not set is not printed.
struct DecodedRecord {
  std::optional<std::string> key, payload;
};
using RecordDecoder = std::function<DecodedRecord(const record::RecordView&)>;

/// Both as text, with U+FFFD for what is no UTF-8.
DecodedRecord decode_text(const record::RecordView& record);
/// A record of __consumer_offsets, key and value as JSON: commits and groups of the classic protocol.
DecodedRecord decode_offsets_record(const record::RecordView& record);
/// A record of __transaction_state.
DecodedRecord decode_transaction_record(const record::RecordView& record);

/// One side of a record, by the name of one of Kafka's Decoder classes: StringDecoder, LongDecoder, IntegerDecoder,
/// with or without a package. Nothing for other names.
using FieldDecoder = std::function<std::string(ByteView)>;
std::optional<FieldDecoder> field_decoder(const std::string& class_name);

}  // namespace meerkat::storage
