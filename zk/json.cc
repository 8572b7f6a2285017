#include "zk/json.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <cassert>
#include <memory>

namespace meerkat::zk {

namespace {

namespace pb = google::protobuf;

// Knows all messages that are compiled in; lives as long as the process, is only read.
pb::util::TypeResolver& resolver() {
  static pb::util::TypeResolver* const kResolver =
      pb::util::NewTypeResolverForDescriptorPool("type.googleapis.com", pb::DescriptorPool::generated_pool());
  return *kResolver;
}

// Protobuf escapes < and >, which Kafka writes as they are ("brokers/<default>").
std::string plain_angles(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (size_t i = 0; i < json.size();) {
    if (json[i] != '\\') {
      out += json[i++];
    } else if (std::string_view escape = json.substr(i, 6); escape == "\\u003c" || escape == "\\u003e") {
      out += escape == "\\u003c" ? '<' : '>';
      i += 6;
    } else {
      out += json.substr(i, 2);  // the backslash and what it escapes, which may be another backslash
      i += 2;
    }
  }
  return out;
}

std::string type_url(const pb::Message& message) {
  return "type.googleapis.com/" + message.GetDescriptor()->full_name();
}

}  // namespace

std::string to_json(const pb::Message& message) {
  // By way of the binary form, since only that can be asked to sort maps.
  std::string binary, json;
  {
    pb::io::StringOutputStream stream(&binary);
    pb::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  auto status = pb::util::BinaryToJsonString(&resolver(), type_url(message), binary, &json, options);
  assert(status.ok());
  return plain_angles(json);
}

Status from_json(std::string_view path, std::string_view json, pb::Message& message) {
  pb::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  auto status = pb::util::JsonStringToMessage({json.data(), json.size()}, &message, options);
  if (!status.ok()) return malformed(path, status.message().ToString());
  return {};
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    auto lead = static_cast<uint8_t>(text[i]);
    size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : 0;
    if (lead >= 0xf0 && lead < 0xf5) length = 4;
    bool good = length != 0 && i + length <= text.size();
    for (size_t k = 1; good && k < length; k++) good = (static_cast<uint8_t>(text[i + k]) & 0xc0) == 0x80;
    if (good && length > 2) {
      auto second = static_cast<uint8_t>(text[i + 1]);
      if (lead == 0xe0 && second < 0xa0) good = false;   // overlong
      if (lead == 0xed && second >= 0xa0) good = false;  // surrogates
      if (lead == 0xf0 && second < 0x90) good = false;   // overlong
      if (lead == 0xf4 && second >= 0x90) good = false;  // above U+10FFFF
    }
    if (good) {
      out += text.substr(i, length);
    } else {
      out += "\xef\xbf\xbd";
      length = 1;
    }
    i += length;
  }
  return out;
}

Fail<Error> malformed(std::string_view path, std::string_view why) {
  std::string line(why.substr(0, why.find('\n')));
  return fail("znode " + std::string(path) + " does not hold what it should: " + line);
}

}  // namespace meerkat::zk
