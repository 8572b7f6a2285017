// From a request of the api layer to what the replica room wants to know of it.
#pragma once

#include "api/request.h"
#include "replica/context.h"

namespace meerkat::api {

inline replica::RequestContext who_asks(const RequestContext& context) {
  replica::RequestContext who;
  who.loop = context.peer->loop;
  who.version = context.version();
  who.client_id = context.client_id();
  who.listener = context.peer->listener;
  return who;
}

/// A callback that answers with whatever response it gets.
template <class Response>
auto answer(Reply<Response> reply) {
  return [reply = std::move(reply)](Response response) mutable { reply.send(response); };
}

}  // namespace meerkat::api
