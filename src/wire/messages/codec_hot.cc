// Produce and Fetch.
#include "wire/codec_impl.h"
#include "wire/messages/00_produce.h"
#include "wire/messages/01_fetch.h"

MEERKAT_WIRE_CODEC(ProduceRequest)
MEERKAT_WIRE_CODEC(ProduceResponse)
MEERKAT_WIRE_CODEC(FetchRequest)
MEERKAT_WIRE_CODEC(FetchResponse)
