// A piece of work that is handed to another thread or kept for later: callable once or more, move-only.
#pragma once

#include "absl/functional/any_invocable.h"

namespace meerkat {

/// Move-only std::function<void()>; may own what it needs (buffers, replies).
using Task = absl::AnyInvocable<void()>;

/// A move-only callback that is called at most once with the given arguments.
template <class... Args>
using Callback = absl::AnyInvocable<void(Args...)>;

}  // namespace meerkat
