#include "test/unit/wire/replay.h"

#include <gtest/gtest.h>

#include "test/fakes/corpus.h"

namespace meerkat::wire {

using nlohmann::json;

void Differences::add(const std::string& where, const std::string& what) {
  if (++count_ <= 20) text_ += where + ": " + what + "\n";
}

Differences::~Differences() { EXPECT_EQ(count_, 0) << text_; }

void replay(const AnyMessage& message, int16_t version, ByteView body, const json& expected, Differences& out) {
  std::string where = message.name + " v" + std::to_string(version) + " " + test::to_hex(body).substr(0, 160);
  auto decoded = message.make();
  UnknownTags unknown;
  size_t used = 0;
  if (auto status = message.decode(decoded.get(), body, version, &used, &unknown); !status)
    return out.add(where, "not decoded: " + status.error().message);
  if (used != body.size()) out.add(where, "bytes left over");
  if (json got = to_json(message.info, decoded.get(), version, &unknown); got != expected)
    out.add(where, "decoded as " + got.dump() + " instead of " + expected.dump());

  auto made = message.make();
  UnknownTags given;
  if (auto status = from_json(expected, message.info, made.get(), version, &given); !status)
    return out.add(where, "JSON not understood: " + status.error().message);
  Chain chain;
  if (auto status = message.encode(made.get(), version, chain, &given); !status)
    return out.add(where, "not encoded: " + status.error().message);
  if (Bytes bytes = chain.flatten(); !std::equal(bytes.begin(), bytes.end(), body.begin(), body.end()))
    out.add(where, "encoded as " + test::to_hex(bytes));

  // Without a place for unknown tags they are skipped, and all else stays.
  auto plain = message.make();
  if (!message.decode(plain.get(), body, version, nullptr, nullptr).ok()) out.add(where, "not decoded plainly");
  if (unknown.empty() && to_json(message.info, plain.get(), version) != expected)
    out.add(where, "decoded differently without a place for unknown tags");
}

}  // namespace meerkat::wire
