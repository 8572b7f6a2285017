#include <set>

#include "client/fetcher.h"
#include "record/record.h"

namespace meerkat::client {
namespace {

using wire::ErrorCode;

std::optional<std::string> text(const std::optional<ByteView>& bytes) {
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

ConsumedRecord own(const TopicPartition& partition, const record::AnyBatch& batch, const record::RecordView& view) {
  ConsumedRecord out;
  out.topic = partition.topic;
  out.partition = partition.partition;
  out.offset = view.offset;
  out.timestamp = view.timestamp;
  out.timestamp_type = batch.timestamp_type;
  out.key = text(view.key);
  out.value = text(view.value);
  record::HeaderReader headers(view);
  for (record::Header header; headers.next(header);) out.headers.emplace_back(header.key, text(header.value));
  return out;
}

}  // namespace

wire::Outcome<int64_t> decode_records(const TopicPartition& partition, ByteView records, int64_t from,
                                      std::vector<wire::FetchResponse::AbortedTransaction> aborted,
                                      std::deque<ConsumedRecord>& out) {
  std::set<int64_t> aborting;  // producers whose open transaction was aborted
  record::BatchRun run(records);
  record::AnyBatch batch;
  while (run.next(batch)) {
    if (!batch.crc_ok()) {
      return wire::refuse(ErrorCode::corrupt_message, partition.to_string() + ": a batch at offset " +
                                                          std::to_string(batch.base_offset) + " fails its checksum");
    }
    for (const auto& txn : aborted) {
      if (txn.first_offset <= batch.last_offset) aborting.insert(txn.producer_id);
    }
    std::erase_if(aborted, [&](const auto& txn) { return txn.first_offset <= batch.last_offset; });
    const bool skip = batch.control || (batch.transactional && aborting.contains(batch.producer_id));
    record::RecordReader reader(batch);
    record::RecordView view;
    record::Next next;
    while ((next = reader.next(view)) == record::Next::record) {
      if (batch.control) {
        auto marker = record::parse_end_txn_marker(view.key, view.value);
        if (marker && marker->type == record::ControlType::abort) aborting.erase(batch.producer_id);
      }
      if (!skip && view.offset >= from) out.push_back(own(partition, batch, view));
    }
    if (next == record::Next::malformed) {
      return wire::refuse(ErrorCode::corrupt_message, partition.to_string() + ": " + reader.failure());
    }
    from = std::max(from, batch.last_offset + 1);
  }
  return from;
}

}  // namespace meerkat::client
