// Transactions.
#include "wire/codec_impl.h"
#include "wire/messages/22_init_producer_id.h"
#include "wire/messages/24_add_partitions_to_txn.h"
#include "wire/messages/25_add_offsets_to_txn.h"
#include "wire/messages/26_end_txn.h"
#include "wire/messages/27_write_txn_markers.h"
#include "wire/messages/28_txn_offset_commit.h"
#include "wire/messages/65_describe_transactions.h"
#include "wire/messages/66_list_transactions.h"
#include "wire/messages/transaction_log_record.h"

MEERKAT_WIRE_CODEC(InitProducerIdRequest)
MEERKAT_WIRE_CODEC(InitProducerIdResponse)
MEERKAT_WIRE_CODEC(AddPartitionsToTxnRequest)
MEERKAT_WIRE_CODEC(AddPartitionsToTxnResponse)
MEERKAT_WIRE_CODEC(AddOffsetsToTxnRequest)
MEERKAT_WIRE_CODEC(AddOffsetsToTxnResponse)
MEERKAT_WIRE_CODEC(EndTxnRequest)
MEERKAT_WIRE_CODEC(EndTxnResponse)
MEERKAT_WIRE_CODEC(WriteTxnMarkersRequest)
MEERKAT_WIRE_CODEC(WriteTxnMarkersResponse)
MEERKAT_WIRE_CODEC(TxnOffsetCommitRequest)
MEERKAT_WIRE_CODEC(TxnOffsetCommitResponse)
MEERKAT_WIRE_CODEC(DescribeTransactionsRequest)
MEERKAT_WIRE_CODEC(DescribeTransactionsResponse)
MEERKAT_WIRE_CODEC(ListTransactionsRequest)
MEERKAT_WIRE_CODEC(ListTransactionsResponse)
MEERKAT_WIRE_CODEC(TransactionLogKey)
MEERKAT_WIRE_CODEC(TransactionLogValue)
