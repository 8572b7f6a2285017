#include "test/unit/wire/any_message.h"

#include <map>

#include "wire/header.h"
#include "wire/messages/all.h"

namespace meerkat::wire {

const std::vector<AnyMessage>& all_messages() {
  static const std::vector<AnyMessage> all = {
#define X(key, name, Name) any_message<Name##Request>(), any_message<Name##Response>(),
      MEERKAT_APIS(X)
#undef X
          any_message<RequestHeader>(),
      any_message<ResponseHeader>(),
      any_message<ConsumerProtocolSubscription>(),
      any_message<ConsumerProtocolAssignment>(),
      any_message<DefaultPrincipalData>(),
      any_message<OffsetCommitKey>(),
      any_message<OffsetCommitValue>(),
      any_message<GroupMetadataKey>(),
      any_message<GroupMetadataValue>(),
      any_message<TransactionLogKey>(),
      any_message<TransactionLogValue>(),
  };
  return all;
}

const AnyMessage* find_message(const std::string& name) {
  static const auto by_name = [] {
    std::map<std::string, const AnyMessage*> index;
    for (const AnyMessage& message : all_messages()) index[message.name] = &message;
    return index;
  }();
  auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace meerkat::wire
