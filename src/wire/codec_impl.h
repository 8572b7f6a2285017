// The code of decode_into and write_fields, for the .cc files that make it for a message:
//
//   #include "wire/codec_impl.h"
//   MEERKAT_WIRE_CODEC(HeartbeatRequest)
#pragma once

#include <string>

#include "wire/codec.h"
#include "wire/field_reader.h"
#include "wire/field_writer.h"

namespace meerkat::wire {

template <class M>
Status decode_into(M& out, ByteView body, int16_t version, size_t* used, UnknownTags* unknown) {
  if (!M::kVersions.has(version)) [[unlikely]]
    return fail(std::string(type_name<M>()) + " has no version " + std::to_string(version));
  Reader in(body);
  FieldReader(in, version, version >= M::kFlexible, unknown).read_struct(out);
  if (used != nullptr) *used = in.used();
  if (in.failed()) [[unlikely]]
    return fail(std::string(type_name<M>()) + " v" + std::to_string(version) + ": " + in.error());
  return {};
}

template <class M>
void write_fields(const M& message, Writer& out) {
  FieldWriter(out).write_struct(message);
}

}  // namespace meerkat::wire

#define MEERKAT_WIRE_CODEC(M)                                                                     \
  template ::meerkat::Status meerkat::wire::decode_into<::meerkat::wire::M>(                      \
      ::meerkat::wire::M&, ::meerkat::ByteView, int16_t, size_t*, ::meerkat::wire::UnknownTags*); \
  template void meerkat::wire::write_fields<::meerkat::wire::M>(const ::meerkat::wire::M&, ::meerkat::wire::Writer&);
