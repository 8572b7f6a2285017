// ACLs, quotas and credentials.
#include "wire/codec_impl.h"
#include "wire/messages/29_describe_acls.h"
#include "wire/messages/30_create_acls.h"
#include "wire/messages/31_delete_acls.h"
#include "wire/messages/48_describe_client_quotas.h"
#include "wire/messages/49_alter_client_quotas.h"
#include "wire/messages/50_describe_user_scram_credentials.h"
#include "wire/messages/51_alter_user_scram_credentials.h"

MEERKAT_WIRE_CODEC(DescribeAclsRequest)
MEERKAT_WIRE_CODEC(DescribeAclsResponse)
MEERKAT_WIRE_CODEC(CreateAclsRequest)
MEERKAT_WIRE_CODEC(CreateAclsResponse)
MEERKAT_WIRE_CODEC(DeleteAclsRequest)
MEERKAT_WIRE_CODEC(DeleteAclsResponse)
MEERKAT_WIRE_CODEC(DescribeClientQuotasRequest)
MEERKAT_WIRE_CODEC(DescribeClientQuotasResponse)
MEERKAT_WIRE_CODEC(AlterClientQuotasRequest)
MEERKAT_WIRE_CODEC(AlterClientQuotasResponse)
MEERKAT_WIRE_CODEC(DescribeUserScramCredentialsRequest)
MEERKAT_WIRE_CODEC(DescribeUserScramCredentialsResponse)
MEERKAT_WIRE_CODEC(AlterUserScramCredentialsRequest)
MEERKAT_WIRE_CODEC(AlterUserScramCredentialsResponse)
