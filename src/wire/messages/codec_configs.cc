// Administration of configurations and log directories.
#include "wire/codec_impl.h"
#include "wire/messages/32_describe_configs.h"
#include "wire/messages/33_alter_configs.h"
#include "wire/messages/34_alter_replica_log_dirs.h"
#include "wire/messages/35_describe_log_dirs.h"
#include "wire/messages/44_incremental_alter_configs.h"
#include "wire/messages/57_update_features.h"

MEERKAT_WIRE_CODEC(DescribeConfigsRequest)
MEERKAT_WIRE_CODEC(DescribeConfigsResponse)
MEERKAT_WIRE_CODEC(AlterConfigsRequest)
MEERKAT_WIRE_CODEC(AlterConfigsResponse)
MEERKAT_WIRE_CODEC(AlterReplicaLogDirsRequest)
MEERKAT_WIRE_CODEC(AlterReplicaLogDirsResponse)
MEERKAT_WIRE_CODEC(DescribeLogDirsRequest)
MEERKAT_WIRE_CODEC(DescribeLogDirsResponse)
MEERKAT_WIRE_CODEC(IncrementalAlterConfigsRequest)
MEERKAT_WIRE_CODEC(IncrementalAlterConfigsResponse)
MEERKAT_WIRE_CODEC(UpdateFeaturesRequest)
MEERKAT_WIRE_CODEC(UpdateFeaturesResponse)
