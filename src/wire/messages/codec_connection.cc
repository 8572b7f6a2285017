// Connections: versions, SASL, delegation tokens.
#include "wire/codec_impl.h"
#include "wire/messages/17_sasl_handshake.h"
#include "wire/messages/18_api_versions.h"
#include "wire/messages/36_sasl_authenticate.h"
#include "wire/messages/38_create_delegation_token.h"
#include "wire/messages/39_renew_delegation_token.h"
#include "wire/messages/40_expire_delegation_token.h"
#include "wire/messages/41_describe_delegation_token.h"
#include "wire/messages/60_describe_cluster.h"
#include "wire/messages/default_principal.h"

MEERKAT_WIRE_CODEC(SaslHandshakeRequest)
MEERKAT_WIRE_CODEC(SaslHandshakeResponse)
MEERKAT_WIRE_CODEC(ApiVersionsRequest)
MEERKAT_WIRE_CODEC(ApiVersionsResponse)
MEERKAT_WIRE_CODEC(SaslAuthenticateRequest)
MEERKAT_WIRE_CODEC(SaslAuthenticateResponse)
MEERKAT_WIRE_CODEC(CreateDelegationTokenRequest)
MEERKAT_WIRE_CODEC(CreateDelegationTokenResponse)
MEERKAT_WIRE_CODEC(RenewDelegationTokenRequest)
MEERKAT_WIRE_CODEC(RenewDelegationTokenResponse)
MEERKAT_WIRE_CODEC(ExpireDelegationTokenRequest)
MEERKAT_WIRE_CODEC(ExpireDelegationTokenResponse)
MEERKAT_WIRE_CODEC(DescribeDelegationTokenRequest)
MEERKAT_WIRE_CODEC(DescribeDelegationTokenResponse)
MEERKAT_WIRE_CODEC(DescribeClusterRequest)
MEERKAT_WIRE_CODEC(DescribeClusterResponse)
MEERKAT_WIRE_CODEC(DefaultPrincipalData)
