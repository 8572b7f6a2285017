// AddPartitionsToTxn v4+, verify only: asks the brokers that coordinate transactions (KIP-890).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/metadata_image.h"
#include "event/loop.h"
#include "net/outbound.h"
#include "replica/verification.h"
#include "wire/messages/24_add_partitions_to_txn.h"

namespace meerkat::replica {

/// One request in flight to each coordinator, with all questions that came up meanwhile; this broker's own coordinator
/// is asked over TCP like any other. A question is asked once: when that fails, NETWORK_EXCEPTION is its answer, and
/// the producer repeats its batch.
class VerificationSender : public TransactionVerifier {
 public:
  struct Settings {
    int32_t broker_id = -1;
    std::string listener;                 // the coordinators' endpoint to use
    int32_t state_topic_partitions = 50;  // while the metadata does not tell
    int32_t request_timeout_ms = 30'000;
  };

  /// `metadata` tells who coordinates, and where that listens. All outlive this.
  VerificationSender(Settings settings, event::Loop& loop, const cluster::MetadataCache& metadata);

  void verify(TransactionClaim claim, std::vector<TopicPartition> partitions,
              Callback<std::vector<wire::ErrorCode>> done) override;
  /// Closes the connections; on the loop. What is unanswered stays so.
  void close();

 private:
  struct Question {
    TransactionClaim claim;
    std::vector<TopicPartition> partitions;
    Callback<std::vector<wire::ErrorCode>> done;

    void answer(wire::ErrorCode error) { done(std::vector<wire::ErrorCode>(partitions.size(), error)); }
  };
  struct Coordinator {
    std::unique_ptr<net::Outbound> connection;
    std::vector<Question> waiting;
    std::vector<Question> asked;
  };

  void ask(Question question);
  void send(int32_t broker);
  void on_answer(int32_t broker, Result<wire::AddPartitionsToTxnResponse> answer);
  /// A live broker, -1 if none is known.
  int32_t coordinator_of(const std::string& transactional_id, const cluster::MetadataImage& image) const;

  const Settings settings_;
  event::Loop& loop_;
  const cluster::MetadataCache& metadata_;
  // Loop thread only.
  std::map<int32_t, Coordinator> coordinators_;
  int32_t next_correlation_id_ = 0;
  bool closed_ = false;
};

}  // namespace meerkat::replica
