#include "test/unit/wire/allocations.h"

#include <cstdlib>
#include <new>

namespace {

thread_local size_t allocated_bytes = 0;
thread_local size_t allocated_calls = 0;

}  // namespace

void* operator new(size_t size) {
  allocated_bytes += size;
  ++allocated_calls;
  if (void* got = std::malloc(size == 0 ? 1 : size)) return got;
  throw std::bad_alloc();
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, size_t) noexcept { std::free(at); }

namespace meerkat::test {

AllocationCount::AllocationCount() : bytes_before_(allocated_bytes), calls_before_(allocated_calls) {}
size_t AllocationCount::bytes() const { return allocated_bytes - bytes_before_; }
size_t AllocationCount::calls() const { return allocated_calls - calls_before_; }

}  // namespace meerkat::test
