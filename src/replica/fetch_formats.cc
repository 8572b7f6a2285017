#include "replica/fetch_formats.h"

#include <memory>
#include <utility>

#include "record/batch.h"
#include "record/convert.h"
#include "record/format.h"

namespace meerkat::replica {

using wire::ErrorCode;
using PartitionData = wire::FetchResponse::PartitionData;

namespace {

void fail_with(ErrorCode code, PartitionData& data) {
  const int32_t index = data.partition_index;
  data = PartitionData{};
  data.partition_index = index;
  data.error_code = code;
  data.high_watermark = -1;
}

Result<Bytes> read_all(const wire::RecordsField& records) {
  Bytes bytes(records.view.begin(), records.view.end());
  for (const auto& range : records.files) {
    const size_t at = bytes.size();
    bytes.resize(at + static_cast<size_t>(range.length));
    auto read = range.file->pread(MutableBytes(bytes).subspan(at), range.offset);
    if (!read) return read.failure();
    bytes.resize(at + *read);
  }
  return bytes;
}

/// Whether there is only the beginning of a batch.
bool is_piece(ByteView records) {
  record::AnyBatch batch;
  return record::peek(records, batch) == record::Peek::more || batch.size > static_cast<int64_t>(records.size());
}

void convert(int8_t magic, int64_t fetch_offset, PartitionData& data) {
  if (data.records.size() == 0) return;
  auto stored = read_all(data.records);
  if (!stored) return fail_with(ErrorCode::kafka_storage_error, data);
  if (is_piece(*stored)) return;
  auto converted = record::down_convert(*stored, magic, fetch_offset);
  if (!converted) return fail_with(converted.error().code, data);
  auto bytes = std::make_shared<const Bytes>(std::move(converted->bytes));
  data.records = wire::RecordsField{.view = *bytes, .owner = bytes};
}

}  // namespace

void fit_format(const storage::LogConfig& config, int16_t version, bool from_replica, PartitionData& data) {
  if (version < 10 && config.compression_codec == static_cast<int8_t>(record::Codec::zstd)) {
    return fail_with(ErrorCode::unsupported_compression_type, data);
  }
  if (wants_old_formats(version) && !from_replica && !config.message_downconversion_enable) {
    fail_with(ErrorCode::unsupported_version, data);
  }
}

bool wants_old_formats(int16_t version) { return record::max_magic_of_fetch(version) < record::kMagic2; }

FetchOffsets fetch_offsets(const wire::FetchRequest& request) {
  FetchOffsets offsets;
  for (const auto& topic : request.topics) {
    for (const auto& p : topic.partitions) offsets[{topic.topic, p.partition}] = p.fetch_offset;
  }
  return offsets;
}

void convert_formats(int16_t version, const FetchOffsets& offsets, wire::FetchResponse& response) {
  const int8_t magic = record::max_magic_of_fetch(version);
  for (auto& topic : response.responses) {
    for (auto& data : topic.partitions) {
      const auto asked = offsets.find({topic.topic, data.partition_index});
      convert(magic, asked == offsets.end() ? 0 : asked->second, data);
      // No error of a disk was known to clients as old as this.
      if (data.error_code == ErrorCode::kafka_storage_error) data.error_code = ErrorCode::not_leader_or_follower;
    }
  }
}

}  // namespace meerkat::replica
