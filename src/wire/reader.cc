#include "wire/reader.h"

#include "wire/utf8.h"

namespace meerkat::wire {

std::string Reader::error() const {
  return std::string("field ") + field_ + ' ' + reason_ + " at byte " + std::to_string(failed_at_);
}

void Reader::fail(const char* field, const char* reason) {
  if (failed_) return;
  failed_ = true;
  field_ = field;
  reason_ = reason;
  failed_at_ = static_cast<size_t>(at_ - begin_);
  at_ = end_;
}

uint32_t Reader::long_uvarint(const char* field) {
  uint32_t value = 0;
  const uint8_t* next = read_uvarint(at_, end_, value);
  if (next == nullptr) {
    fail(field, remaining() < kMaxUvarintSize ? "is cut off" : "has a varint of more than 32 bits");
    return 0;
  }
  at_ = next;
  return value;
}

void Reader::text(const char* field, size_t size, std::string& out) {
  ByteView raw = bytes(field, size);
  if (is_utf8(raw)) [[likely]]
    out.assign(reinterpret_cast<const char*>(raw.data()), raw.size());
  else
    out = to_utf8(raw);
}

}  // namespace meerkat::wire
