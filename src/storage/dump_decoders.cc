#include "storage/dump_decoders.h"

#include <array>
#include <utility>

#include "nlohmann/json.hpp"
#include "wire/codec.h"
#include "wire/json.h"
#include "wire/messages/consumer_protocol.h"
#include "wire/messages/group_metadata_record.h"
#include "wire/messages/offset_commit_record.h"
#include "wire/messages/transaction_log_record.h"
#include "wire/utf8.h"

namespace meerkat::storage {
namespace {

using nlohmann::ordered_json;

constexpr const char* kDeleted = "<DELETE>";

/// Bytes of a message behind the int16 version that stands in front of it.
struct Versioned {
  int16_t version = -1;
  ByteView body;
};

Result<Versioned> versioned(ByteView bytes) {
  if (bytes.size() < 2) return fail("there is no room for a version");
  return Versioned{load_be<int16_t>(bytes.data()), bytes.subspan(2)};
}

template <class M>
Result<ordered_json> to_json(ByteView body, int16_t version) {
  if (!M::kVersions.has(version)) return fail("there is no version " + std::to_string(version));
  auto message = wire::decode<M>(body, version);
  if (!message) return message.failure();
  return wire::to_ordered_json(wire::message_info<M>(), &*message, version);
}

/// Shows what a member's bytes say, which lie in `of_member`; leaves them as they are if they say nothing.
template <class M>
void open_up(ordered_json& field, const Bytes& of_member) {
  auto bytes = versioned(of_member);
  if (!bytes) return;
  if (auto json = to_json<M>(bytes->body, bytes->version)) field = std::move(*json);
}

Result<ordered_json> group_to_json(ByteView body, int16_t version) {
  auto json = to_json<wire::GroupMetadataValue>(body, version);
  if (!json) return json;
  auto group = wire::decode<wire::GroupMetadataValue>(body, version);
  if (!group) return group.failure();
  if (group->protocol_type != "consumer") return json;
  for (size_t i = 0; i < group->members.size(); ++i) {
    auto& member = (*json)["members"][i];
    open_up<wire::ConsumerProtocolSubscription>(member["subscription"], group->members[i].subscription);
    open_up<wire::ConsumerProtocolAssignment>(member["assignment"], group->members[i].assignment);
  }
  return json;
}

std::string text_of(const char* version_name, int16_t version, ordered_json data) {
  ordered_json json = ordered_json::object();
  json[version_name] = std::to_string(version);
  json["data"] = std::move(data);
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

DecodedRecord undecodable(const record::RecordView& record, const std::string& why) {
  return {"Error at offset " + std::to_string(record.offset) + ", skipping. " + why, {}};
}

}  // namespace

DecodedRecord decode_text(const record::RecordView& record) {
  DecodedRecord text;
  if (record.key) text.key = wire::to_utf8(*record.key);
  if (record.value) text.payload = wire::to_utf8(*record.value);
  return text;
}

DecodedRecord decode_offsets_record(const record::RecordView& record) {
  if (!record.key) return undecodable(record, "It has no key.");
  const auto key = versioned(*record.key);
  if (!key) return undecodable(record, key.error().message);
  const bool group = wire::GroupMetadataKey::kVersions.has(key->version);
  if (!group && !wire::OffsetCommitKey::kVersions.has(key->version)) {
    return {"Unknown record type " + std::to_string(key->version) + " at offset " + std::to_string(record.offset) +
                ", skipping.",
            {}};
  }
  auto key_json = group ? to_json<wire::GroupMetadataKey>(key->body, key->version)
                        : to_json<wire::OffsetCommitKey>(key->body, key->version);
  if (!key_json) return undecodable(record, key_json.error().message);
  DecodedRecord decoded{text_of("type", key->version, std::move(*key_json)), kDeleted};
  if (!record.value) return decoded;

  const auto value = versioned(*record.value);
  if (!value) return undecodable(record, value.error().message);
  auto value_json = group ? group_to_json(value->body, value->version)
                          : to_json<wire::OffsetCommitValue>(value->body, value->version);
  if (!value_json) return undecodable(record, value_json.error().message);
  decoded.payload = text_of("version", value->version, std::move(*value_json));
  return decoded;
}

DecodedRecord decode_transaction_record(const record::RecordView& record) {
  static constexpr std::array<const char*, 8> kStates = {"Empty",        "Ongoing",          "PrepareCommit",
                                                         "PrepareAbort", "CompleteCommit",   "CompleteAbort",
                                                         "Dead",         "PrepareEpochFence"};
  if (!record.key) return undecodable(record, "It has no key.");
  const auto key = versioned(*record.key);
  if (!key) return undecodable(record, key.error().message);
  if (!wire::TransactionLogKey::kVersions.has(key->version)) {
    return {"unknown::version=" + std::to_string(key->version), {}};
  }
  const auto id = wire::decode<wire::TransactionLogKey>(key->body, key->version);
  if (!id) return undecodable(record, id.error().message);
  DecodedRecord decoded{"transaction_metadata::transactionalId=" + id->transactional_id, kDeleted};
  if (!record.value) return decoded;

  const auto value = versioned(*record.value);
  if (!value) return undecodable(record, value.error().message);
  if (!wire::TransactionLogValue::kVersions.has(value->version)) {
    return undecodable(record, "There is no version " + std::to_string(value->version) + " of its value.");
  }
  const auto txn = wire::decode<wire::TransactionLogValue>(value->body, value->version);
  if (!txn) return undecodable(record, txn.error().message);
  const auto status = static_cast<size_t>(txn->transaction_status);
  if (status >= kStates.size()) return undecodable(record, "Its state is " + std::to_string(status) + ".");
  std::string partitions;
  if (txn->transaction_partitions) {
    for (const auto& topic : *txn->transaction_partitions) {
      for (const int32_t partition : topic.partition_ids) {
        if (!partitions.empty()) partitions += ",";
        partitions += topic.topic + "-" + std::to_string(partition);
      }
    }
  }
  decoded.payload = "producerId:" + std::to_string(txn->producer_id) +
                    ",producerEpoch:" + std::to_string(txn->producer_epoch) + ",state=" + kStates[status] +
                    ",partitions=[" + partitions +
                    "],txnLastUpdateTimestamp=" + std::to_string(txn->transaction_last_update_timestamp_ms) +
                    ",txnTimeoutMs=" + std::to_string(txn->transaction_timeout_ms);
  return decoded;
}

std::optional<FieldDecoder> field_decoder(const std::string& class_name) {
  const std::string name = class_name.substr(class_name.rfind('.') + 1);
  const auto number = [](auto zero) -> FieldDecoder {
    using Number = decltype(zero);
    return [](ByteView bytes) {
      return bytes.size() < sizeof(Number) ? "(too short)" : std::to_string(load_be<Number>(bytes.data()));
    };
  };
  if (name == "StringDecoder") return FieldDecoder(wire::to_utf8);
  if (name == "LongDecoder") return number(int64_t{});
  if (name == "IntegerDecoder") return number(int32_t{});
  return std::nullopt;
}

}  // namespace meerkat::storage
